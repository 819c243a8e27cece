package plugin

import (
	"cmp"
	"fmt"

	"github.com/release-x/oc-release-x/pkg/payload/image"
)

// asked is the version and the architecture by which the user named a release.
type asked struct {
	text    string // the version, or the reference with the tag
	version string // empty: neither a version nor a tag that is one named the release
	whole   string // the version with what may be an architecture, or the end of a pre-release
	arch    string // as tags write it; empty: any
	typed   bool   // a version named the release, not a tag
}

// asked is what named the release, once its tag is known.
func (l *loaded) asked() asked {
	version, arch, ok := image.SplitVersion(l.identity.Tag)
	a := asked{text: l.reference.Text, version: version, arch: arch, whole: l.identity.Tag}
	if l.reference.Version == "" {
		if !ok {
			return asked{}
		}
		return a
	}
	a.typed, a.version = true, l.reference.Version
	a.arch, a.whole = cmp.Or(l.reference.Arch, arch), a.version
	if l.reference.Arch != "" {
		a.whole += "-" + l.reference.Arch
	}
	return a
}

// needsConfig says whether the image's configuration decides if the release is the one that was asked for.
func (l *loaded) needsConfig() bool {
	a := l.asked()
	return a.arch != "" && a.arch != "multi" && l.identity.Architecture == ""
}

// otherVersion says how the version of the release differs from the one that was asked for; empty when it does not.
func (l *loaded) otherVersion() string {
	a := l.asked()
	if a.version == "" || l.Version == a.version || l.Version == a.whole {
		return ""
	}
	return fmt.Sprintf("%s is release %s, not %s", a.text, cmp.Or(l.Version, "without a version"), a.version)
}

// otherArchitecture says how the architecture of the image differs from the one that was asked for; empty when it does not,
// and when it is not known.
func (l *loaded) otherArchitecture() string {
	a, got := l.asked(), l.document().Architecture
	if a.arch == "" || l.Version == a.whole && a.whole != a.version {
		return ""
	}
	if a.arch == "multi" {
		if l.identity.ListDigest == "" {
			return a.text + " is an image for one architecture, not a list for several"
		}
		return ""
	}
	want, err := image.ParseArch(a.arch)
	if err != nil || got == "" || got == want {
		return ""
	}
	return fmt.Sprintf("%s is an image for %s, not for %s", a.text, tagArch(got), tagArch(want))
}

// warnOther warns when the release is not the one that was asked for.
func (f *factory) warnOther(l *loaded) {
	if text := l.otherVersion(); text != "" {
		f.warnf("%s", text)
	}
	// The opener has warned of an architecture that --arch asked for.
	asked, _ := image.ParseArch(l.asked().arch)
	if text := l.otherArchitecture(); text != "" && (asked == "" || asked != f.global.arch.value()) {
		f.warnf("%s", text)
	}
}
