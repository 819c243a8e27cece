package contest_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/release-x/oc-release-x/bench/internal/contest"
	"github.com/release-x/oc-release-x/bench/internal/pair"
)

// Everybody copies the same images to the same tags, with the flags for a registry without TLS only where there is none.
func TestCommandsOfCopies(t *testing.T) {
	release := pair.Release{Version: "4.22.0", Source: "a:1/ocp/release:4.22.0", Images: []pair.Image{{Source: "a:1/ocp/release@sha256:1"}, {Name: "etcd", Source: "a:1/ocp/art@sha256:2"}}}
	place := contest.Place{
		Programs: contest.Programs{contest.Plugin: "/bin/plugin", "oc": "/bin/oc", "skopeo": "/bin/skopeo", "regctl": "/bin/regctl", "crane": "/bin/crane", "xargs": "/bin/xargs"},
		Address:  "a:1", Target: "b:2/ocp/release", Releases: []pair.Release{release}, Cache: "/cache", Work: t.TempDir(),
	}
	images := filepath.Join(place.Work, "images")
	loop := func(script, program string) []string {
		return []string{"/bin/sh", "-c", script, images, "/bin/xargs", program}
	}
	const lines = "a:1/ocp/release@sha256:1 b:2/ocp/release:4.22.0-x86_64\na:1/ocp/art@sha256:2 b:2/ocp/release:4.22.0-x86_64-etcd\n"
	for _, test := range []struct {
		name       string
		tls, plain []string
	}{
		{
			"release-x mirror",
			[]string{"/bin/plugin", "mirror", "a:1/ocp/release:4.22.0", "--to", "b:2/ocp/release", "--cache-dir", "/cache"},
			[]string{"/bin/plugin", "mirror", "a:1/ocp/release:4.22.0", "--to", "b:2/ocp/release", "--cache-dir", "/cache", "--insecure"},
		},
		{
			"oc adm release mirror",
			[]string{"/bin/oc", "adm", "release", "mirror", "--from=a:1/ocp/release:4.22.0", "--to=b:2/ocp/release"},
			[]string{"/bin/oc", "adm", "release", "mirror", "--from=a:1/ocp/release:4.22.0", "--to=b:2/ocp/release", "--insecure"},
		},
		{
			"skopeo copy --all, 8 at once",
			loop(`exec "$1" -a "$0" -P 8 -n 2 "$2" copy -q --insecure-policy --all  `, "/bin/skopeo"),
			loop(`exec "$1" -a "$0" -P 8 -n 2 "$2" copy -q --insecure-policy --all --src-tls-verify=false --dest-tls-verify=false `, "/bin/skopeo"),
		},
		{
			"regctl image copy, 16 at once",
			loop(`exec "$1" -a "$0" -P 16 -n 2 "$2"  image copy `, "/bin/regctl"),
			loop(`exec "$1" -a "$0" -P 16 -n 2 "$2" $PLAIN_HOSTS image copy `, "/bin/regctl"),
		},
		{
			"crane copy, 4 at once",
			loop(`exec "$1" -a "$0" -P 4 -n 2 "$2"  copy `, "/bin/crane"),
			loop(`exec "$1" -a "$0" -P 4 -n 2 "$2" --insecure copy `, "/bin/crane"),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			for plain, want := range map[bool][]string{false: test.tls, true: test.plain} {
				p := place
				p.Plain = plain
				if got := contest.CopyCommands(p)[test.name]; !slices.Equal(got, want) {
					t.Errorf("plain %v:\ngot  %q\nwant %q", plain, got, want)
				}
			}
		})
	}
	if data, err := os.ReadFile(images); err != nil || string(data) != lines {
		t.Errorf("the images of crane, which comes last, are %q, %v", data, err)
	}
}
