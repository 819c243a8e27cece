package v1alpha1

// ReleaseEnvironment is the document of `env`.
type ReleaseEnvironment struct {
	TypeMeta  `json:",inline"`
	Metadata  ObjectMeta `json:"metadata"`
	Release   Release    `json:"release"`
	Variables []Variable `json:"variables"`
}

// Variable is one environment variable. The first ones describe the release and have no component.
type Variable struct {
	Name      string `json:"name"`
	Value     string `json:"value"`
	Component string `json:"component,omitempty"`
	Alias     string `json:"alias,omitempty"` // set if the variable is for an alias of the component
}

// NewReleaseEnvironment returns the document of the variables of a release.
func NewReleaseEnvironment(release Release, variables []Variable) *ReleaseEnvironment {
	return &ReleaseEnvironment{
		TypeMeta:  typeMeta("ReleaseEnvironment"),
		Metadata:  ObjectMeta{Name: release.Version},
		Release:   release,
		Variables: variables,
	}
}
