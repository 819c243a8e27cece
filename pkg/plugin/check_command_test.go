package plugin

import (
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/mirror/check"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Every value in a printed command is one word for a shell, whatever a release or a user calls things.
func TestCheckQuotesCommands(t *testing.T) {
	line := func(program string, flags ...string) commandLineOf {
		return commandLineOf{program: program, target: []string{"--to", "m.example/r"}, flags: flags}
	}
	for name, test := range map[string]struct {
		line   commandLineOf
		layout string
		remedy check.Remedy
		want   string
	}{
		"a component": {line("oc release-x"), mirror.LayoutOC, check.Remedy{Components: []string{"etcd"}}, "oc release-x mirror 4.14.0 --to m.example/r --component etcd"},
		"a hostile name": {
			line("oc release-x"), mirror.LayoutOC,
			check.Remedy{Components: []string{"$(id)", "it's", "a;b"}, Force: true},
			`oc release-x mirror 4.14.0 --to m.example/r --component '$(id)' --component 'it'\''s' --component 'a;b' --force`,
		},
		"a file with a blank": {
			line("oc release-x", "--registry-config", "my secrets/auth.json"), mirror.LayoutOCMirror,
			check.Remedy{Repair: true},
			"oc release-x mirror 4.14.0 --to m.example/r --layout oc-mirror --only-release --repair --registry-config 'my secrets/auth.json'",
		},
		"kubectl": {
			line("kubectl release-x"), mirror.LayoutOC,
			check.Remedy{All: true, Apply: "idms.yaml"},
			"kubectl release-x mirror 4.14.0 --to m.example/r --manifests-to mirror-manifests && kubectl apply -f mirror-manifests/idms.yaml",
		},
	} {
		if got := test.line.command([]string{"4.14.0"}, mirror.Layout{Name: test.layout}, &test.remedy); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, test.want)
		}
	}
}

// The words by which mirror finds the release that was checked.
func TestCheckNamesReleasesForMirror(t *testing.T) {
	source, err := oci.ParsePullSpec("quay.io/o/r@sha256:0000000000000000000000000000000000000000000000000000000000000000")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"quay.io/o/r:4.14.0":    "quay.io/o/r:4.14.0",
		"oci:dir:4.14.0-x86_64": "--from oci:dir 4.14.0-x86_64",
		"oci-archive:f.tar":     "--from oci-archive:f.tar 4.14.0-x86_64",
		"docker-archive:f.tar":  source.String(),
	} {
		ref, err := image.ParseReference(text)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(mirrorArguments(ref, "4.14.0-x86_64", source, false), " ")
		if got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
