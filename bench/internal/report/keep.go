package report

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// The sections of a file of results, as the comments around them name them.
const (
	Reading  = "written by the bench"
	Copying  = "copies, written by the bench"
	Carrying = "pull and load, written by the bench"
)

// Keep replaces what an earlier run wrote into a section of a file, between two comments, and leaves the rest.
func Keep(file, section, text string) error {
	begin, end := "<!-- begin: "+section+" -->\n", "<!-- end: "+section+" -->\n"
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(data), begin)
	if !ok {
		return fmt.Errorf("%s: there is no line %s", file, strings.TrimSpace(begin))
	}
	_, after, ok := strings.Cut(rest, end)
	if !ok {
		return fmt.Errorf("%s: there is no line %s", file, strings.TrimSpace(end))
	}
	if strings.Contains(text, begin) || strings.Contains(text, end) {
		return errors.New("the results contain the comments that surround them")
	}
	return os.WriteFile(file, []byte(before+begin+text+end+after), 0o644)
}
