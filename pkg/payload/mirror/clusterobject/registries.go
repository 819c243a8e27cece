package clusterobject

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// registriesConf is version 2 of registries.conf, with the mirrors of both mirror sets (containers-registries.conf(5)). Check allows
// no character that TOML would have to escape.
func registriesConf(sources []Source, o Options) []byte {
	var b bytes.Buffer
	b.WriteString(header + "# For podman, skopeo, and --registries-conf. Nodes get the same from the mirror sets.\n")
	if o.Insecure {
		b.WriteString("# The mirrors are insecure, because the command had --insecure.\n")
	}
	for _, s := range sources {
		fmt.Fprintf(&b, "\n[[registry]]\nprefix = \"\"\nlocation = \"%s\"\n", s.Repository)
		if o.NeverContactSource {
			b.WriteString("blocked = true\n")
		}
		if len(s.TagMirrors) == 0 {
			b.WriteString("mirror-by-digest-only = true\n")
		}
		for _, m := range s.Mirrors {
			fmt.Fprintf(&b, "\n[[registry.mirror]]\nlocation = \"%s\"\n", m)
			if len(s.TagMirrors) > 0 && !slices.Contains(s.TagMirrors, m) {
				b.WriteString("pull-from-mirror = \"digest-only\"\n")
			}
			if o.Insecure {
				b.WriteString("insecure = true\n")
			}
		}
	}
	return b.Bytes()
}

// sigstoreAttachments makes podman and skopeo look for sigstore signatures beside the images of sources and mirrors
// (containers-registries.d(5)).
func sigstoreAttachments(sources []Source) []byte {
	type attachments struct {
		Use bool `yaml:"use-sigstore-attachments"`
	}
	var file struct {
		Docker map[string]attachments `yaml:"docker"`
	}
	file.Docker = map[string]attachments{}
	for _, s := range sources {
		for _, r := range append([]oci.Repository{s.Repository}, s.Mirrors...) {
			file.Docker[r.String()] = attachments{true}
		}
	}
	return encode("# For /etc/containers/registries.d of a machine with podman or skopeo. Nodes do not need it.\n", file)
}
