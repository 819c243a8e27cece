package image

import (
	"slices"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// ParseArch gives the architecture as images write it, of any accepted spelling. Its error is fault.Usage.
func ParseArch(name string) (string, error) {
	switch name {
	case "amd64", "x86_64":
		return "amd64", nil
	case "arm64", "aarch64":
		return "arm64", nil
	case "ppc64le", "s390x":
		return name, nil
	}
	return "", fault.Errorf(fault.Usage, "no architecture %q: want amd64 (x86_64), arm64 (aarch64), ppc64le or s390x", name)
}

// TagArch is the architecture as the tags of releases name it: x86_64 for amd64, aarch64 for arm64.
func TagArch(name string) string {
	switch name {
	case "amd64":
		return "x86_64"
	case "arm64":
		return "aarch64"
	}
	return name
}

// The annotation with which builders mark what describes an image and is none.
const attestation = "vnd.docker.reference.type"

// images are the entries of a list that may be images: no attestations, each digest once.
func images(entries []oci.Descriptor) []oci.Descriptor {
	var found []oci.Descriptor
	for _, d := range entries {
		_, attests := d.Annotations[attestation]
		unknown := d.Platform != nil && d.Platform.OS == "unknown" && d.Platform.Architecture == "unknown"
		same := slices.ContainsFunc(found, func(f oci.Descriptor) bool { return f.Digest == d.Digest })
		if !attests && !unknown && !same {
			found = append(found, d)
		}
	}
	return found
}

// choose picks an entry: the first for linux and arch, else the only platform that there is. An entry without a platform
// counts as one of its own.
func choose(entries []oci.Descriptor, arch string) (oci.Descriptor, bool) {
	platforms := map[string]oci.Descriptor{}
	for _, d := range entries {
		if d.Platform != nil && d.Platform.OS == "linux" && d.Platform.Architecture == arch {
			return d, true
		}
		name := string(d.Digest)
		if d.Platform != nil {
			name = d.Platform.String()
		}
		if _, ok := platforms[name]; !ok {
			platforms[name] = d
		}
	}
	if len(platforms) != 1 {
		return oci.Descriptor{}, false
	}
	for _, d := range platforms {
		return d, true
	}
	return oci.Descriptor{}, false
}

// platformNames lists the platforms of entries for an error.
func platformNames(entries []oci.Descriptor) string {
	var names []string
	for _, d := range entries {
		if d.Platform != nil {
			names = append(names, d.Platform.String())
		}
	}
	return listNames(names)
}
