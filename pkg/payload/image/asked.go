package image

import (
	"cmp"
	"fmt"
)

// Asked is the version and the architecture by which the user named a release.
type Asked struct {
	Version string // empty if neither a version nor a tag that is a version named the release
	Arch    string // as tags write it; empty: any
	Typed   bool   // a version named the release, not a tag

	text string // the version, or the reference with the tag
	full string // the version with its last part, which is an architecture or belongs to a pre-release
}

// Asked is the version that named the release.
func (r *Release) Asked() Asked {
	version, arch, ok := SplitVersion(r.Identity.Tag)
	a := Asked{text: r.Reference.Text, Version: version, Arch: arch, full: r.Identity.Tag}
	if r.Reference.Version == "" {
		if !ok {
			return Asked{}
		}
		return a
	}
	a.Typed, a.Version = true, r.Reference.Version
	a.Arch, a.full = cmp.Or(r.Reference.Arch, arch), a.Version
	if r.Reference.Arch != "" {
		a.full += "-" + r.Reference.Arch
	}
	return a
}

// needsConfig reports whether the image's configuration decides if the release is the one that was asked for.
func (r *Release) needsConfig() bool {
	a := r.Asked()
	return a.Arch != "" && a.Arch != "multi" && r.Identity.Architecture == ""
}

// OtherVersion says how the version of the release differs from the one that was asked for; empty when it does not.
func (r *Release) OtherVersion() string {
	a := r.Asked()
	if a.Version == "" || r.Version == a.Version || r.Version == a.full {
		return ""
	}
	return fmt.Sprintf("%s is release %s, not %s", a.text, cmp.Or(r.Version, "without a version"), a.Version)
}

// OtherArchitecture says how the architecture of the image differs from the one that was asked for; empty when it does not,
// and when it is not known.
func (r *Release) OtherArchitecture() string {
	a, got := r.Asked(), r.Architecture()
	if a.Arch == "" || r.Version == a.full && a.full != a.Version {
		return ""
	}
	if a.Arch == "multi" {
		if r.Identity.ListDigest == "" {
			return a.text + " is an image for one architecture, not a list for several"
		}
		return ""
	}
	want, err := ParseArch(a.Arch)
	if err != nil || got == "" || got == want {
		return ""
	}
	return fmt.Sprintf("%s is an image for %s, not for %s", a.text, TagArch(got), TagArch(want))
}
