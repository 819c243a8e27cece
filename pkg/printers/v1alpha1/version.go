package v1alpha1

// PluginVersion is the document of `version`.
type PluginVersion struct {
	TypeMeta  `json:",inline"`
	Metadata  ObjectMeta `json:"metadata"`
	Version   string     `json:"version"`
	Commit    string     `json:"commit,omitempty"`
	GoVersion string     `json:"goVersion"`
	Platform  string     `json:"platform"` // OS/architecture
}

// NewPluginVersion returns the document of a build of the plugin.
func NewPluginVersion(version, commit, goVersion, platform string) *PluginVersion {
	return &PluginVersion{
		TypeMeta:  typeMeta("PluginVersion"),
		Metadata:  ObjectMeta{Name: "release-x"},
		Version:   version,
		Commit:    commit,
		GoVersion: goVersion,
		Platform:  platform,
	}
}
