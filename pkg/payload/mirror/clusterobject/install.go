package clusterobject

// installConfig is the part of install-config.yaml that names the mirrors (openshift/installer pkg/types installconfig.go).
func installConfig(sources []Source, o Options) []byte {
	type source struct {
		Source  string   `yaml:"source"`
		Mirrors []string `yaml:"mirrors"`
		Policy  string   `yaml:"sourcePolicy,omitempty"`
	}
	var part struct {
		Sources []source `yaml:"imageDigestSources"`
		CA      string   `yaml:"additionalTrustBundle,omitempty"`
	}
	comment := "# To add to install-config.yaml.\n"
	if o.NeverContactSource {
		comment += "# Older installers do not know sourcePolicy: leave it out for them.\n"
	}
	part.Sources, part.CA = []source{}, string(o.CA)
	for _, e := range entries(sources, byDigest, o.policy()) {
		part.Sources = append(part.Sources, source(e))
	}
	return encode(comment, part)
}
