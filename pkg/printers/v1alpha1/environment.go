package v1alpha1

// ReleaseEnvironment is the document of the command env.
type ReleaseEnvironment struct {
	TypeMeta  `json:",inline"`
	Metadata  ObjectMeta `json:"metadata"`
	Release   Release    `json:"release"`
	Variables []Variable `json:"variables"`
}

// Variable is one variable of a shell. The first ones describe the release and have no component.
type Variable struct {
	Name      string `json:"name"`
	Value     string `json:"value"`
	Component string `json:"component,omitempty"`
	Alias     string `json:"alias,omitempty"` // the alias that this variable stands for
}

// NewReleaseEnvironment makes the document of a release's variables.
func NewReleaseEnvironment(release Release, variables []Variable) *ReleaseEnvironment {
	return &ReleaseEnvironment{
		TypeMeta:  typeMeta("ReleaseEnvironment"),
		Metadata:  ObjectMeta{Name: release.Version},
		Release:   release,
		Variables: variables,
	}
}
