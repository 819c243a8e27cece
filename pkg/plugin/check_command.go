package plugin

import (
	"cmp"
	"strings"

	"github.com/release-x/oc-release-x/internal/shellword"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/mirror/check"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// manifestsDirectory is the directory in printed commands for the objects of a cluster.
const manifestsDirectory = "mirror-manifests"

// commandLineOf has what the command lines of `mirror` that close the gaps of one check have in common.
type commandLineOf struct {
	program string   // as it was called: "oc release-x"
	target  []string // --to and what belongs to it
	flags   []string // those of the check that mirror needs too
}

// newCommandLine takes over the flags by which registries are reached.
func newCommandLine(f *factory, c *checkFlags, repository oci.Repository) commandLineOf {
	l := commandLineOf{program: f.Name, target: []string{"--to", c.mirror}}
	if c.toReleaseImage != "" {
		l.target = append(l.target, "--to-release-image", c.toReleaseImage)
	}
	registry := f.flags.registry
	for _, flag := range []struct{ name, value string }{
		{"--registry-config", registry.authFile},
		{"--certificate-authority", registry.caFile},
		{"--arch", f.flags.arch.given()},
		{"--release-repository", strings.TrimPrefix(repository.String(), defaultRepository)},
	} {
		if flag.value != "" {
			l.flags = append(l.flags, flag.name, flag.value)
		}
	}
	for _, host := range registry.allowRealm {
		l.flags = append(l.flags, "--allow-realm", host)
	}
	if registry.insecure {
		l.flags = append(l.flags, "--insecure")
	}
	return l
}

// command returns the command line that closes a gap. release are the words that name the release.
func (l commandLineOf) command(release []string, layout mirror.Layout, r *check.Remedy) string {
	if r == nil {
		return ""
	}
	words := append([]string{"mirror"}, release...)
	words = append(words, l.target...)
	if layout.Name != mirror.LayoutOC {
		words = append(words, "--layout", layout.Name)
	}
	switch {
	case r.All:
	case len(r.Components) == 0:
		words = append(words, "--only-release")
	}
	for _, name := range r.Components {
		words = append(words, "--component", name)
	}
	if r.Force {
		words = append(words, "--force")
	}
	if r.Repair {
		words = append(words, "--repair")
	}
	words = append(words, l.flags...)
	if r.Apply == "" {
		return l.program + " " + shellword.Join(words...)
	}
	words = append(words, "--manifests-to", manifestsDirectory)
	client, _, _ := strings.Cut(l.program, " ")
	if client != "kubectl" {
		client = "oc"
	}
	return l.program + " " + shellword.Join(words...) + " && " + shellword.Join(client, "apply", "-f", manifestsDirectory+"/"+r.Apply)
}

// mirrorArguments returns the words by which `mirror` finds a release. source is its pull spec at the source.
func mirrorArguments(ref image.Reference, version string, source oci.PullSpec, inMirror bool) []string {
	switch ref.Kind {
	case image.KindLayout:
		return []string{"--from", "oci:" + ref.Path, version}
	case image.KindOCIArchive:
		return []string{"--from", "oci-archive:" + ref.Path, version}
	case image.KindRegistry:
		if !inMirror {
			return []string{cmp.Or(ref.Text, source.String())}
		}
	}
	return []string{source.String()}
}
