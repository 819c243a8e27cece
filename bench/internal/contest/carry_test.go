package contest_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/release-x/oc-release-x/bench/internal/contest"
	"github.com/release-x/oc-release-x/bench/internal/pair"
)

// The plugin and the loop load the same tags of the layout that was pulled.
func TestCommandsOfCarries(t *testing.T) {
	release := pair.Release{Version: "4.22.0", Source: "a:1/ocp/release:4.22.0", Images: []pair.Image{
		{Name: "etcd", Source: "a:1/ocp/art@sha256:2", Digest: "sha256:2", Signature: "sha256:3"}, {Source: "a:1/ocp/release@sha256:1", Digest: "sha256:1"},
	}}
	place := contest.Place{
		Programs: contest.Programs{contest.Plugin: "/bin/plugin", "regctl": "/bin/regctl", "xargs": "/bin/xargs"},
		Address:  "a:1", Target: "b:2/ocp/release", Releases: []pair.Release{release}, Cache: "/cache", Work: t.TempDir(), Layout: "/saved/layout",
	}
	images := filepath.Join(place.Work, "images")
	commands := contest.CarryCommands(place)
	for name, want := range map[string][]string{
		"pull to a directory":                        {"/bin/plugin", "pull", "a:1/ocp/release:4.22.0", "--to", "oci:/saved/layout", "--cache-dir", "/cache"},
		"pull to an archive":                         {"/bin/plugin", "pull", "a:1/ocp/release:4.22.0", "--to", "oci-archive:/saved/layout.tar", "--cache-dir", "/cache"},
		"release-x mirror --from oci:DIR":            {"/bin/plugin", "mirror", "--from", "oci:/saved/layout", "--to", "b:2/ocp/release", "--cache-dir", "/cache"},
		"release-x mirror --from oci-archive:FILE":   {"/bin/plugin", "mirror", "--from", "oci-archive:/saved/layout.tar", "--to", "b:2/ocp/release", "--cache-dir", "/cache"},
		"regctl image copy ocidir://DIR, 8 at once":  {"/bin/sh", "-c", `exec "$1" -a "$0" -P 8 -n 2 "$2"  image copy `, images, "/bin/xargs", "/bin/regctl"},
		"regctl image copy ocidir://DIR, 16 at once": {"/bin/sh", "-c", `exec "$1" -a "$0" -P 16 -n 2 "$2"  image copy `, images, "/bin/xargs", "/bin/regctl"},
	} {
		if got := commands[name]; !slices.Equal(got, want) {
			t.Errorf("%s:\ngot  %q\nwant %q", name, got, want)
		}
	}
	const lines = "ocidir:///saved/layout:4.22.0-x86_64-etcd b:2/ocp/release:4.22.0-x86_64-etcd\n" +
		"ocidir:///saved/layout:sha256-2.sig b:2/ocp/release:sha256-2.sig\n" +
		"ocidir:///saved/layout:4.22.0-x86_64 b:2/ocp/release:4.22.0-x86_64\n"
	if data, err := os.ReadFile(images); err != nil || string(data) != lines {
		t.Errorf("the loop copies %q, %v", data, err)
	}
}
