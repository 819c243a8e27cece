package plugin

// optional is the value of a string flag that tells an empty text from a flag that was not given.
type optional struct {
	text  string
	given bool
}

// Set is called when the flag is given.
func (o *optional) Set(text string) error {
	o.text, o.given = text, true
	return nil
}

func (o *optional) String() string { return o.text }

// Type names the type of the value in help.
func (o *optional) Type() string { return "string" }
