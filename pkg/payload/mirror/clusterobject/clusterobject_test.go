package clusterobject_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/mirror/clusterobject"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

var update = flag.Bool("update", false, "write the golden files again")

const (
	release = "quay.io/openshift-release-dev/ocp-release"
	art     = "quay.io/openshift-release-dev/ocp-v4.0-art-dev"
	target  = "registry.example.com:5000/openshift/release"
	images  = "registry.example.com:5000/openshift/release-images"
)

func copied(from, to string, tagged bool) clusterobject.Copy {
	return clusterobject.Copy{From: oci.SplitRepository(from), To: oci.SplitRepository(to), Tagged: tagged}
}

// signed are the signatures of a digest that begins with a byte, in the order in which a store might have them.
func signed(c byte, messages ...string) clusterobject.Signed {
	s := clusterobject.Signed{Digest: digest.NewDigestFromEncoded(digest.SHA256, strings.Repeat(string(c), 64))}
	for _, m := range messages {
		s.Messages = append(s.Messages, []byte(m))
	}
	return s
}

// layouts are copies of every kind.
func layouts() map[string]struct {
	copies  []clusterobject.Copy
	signed  []clusterobject.Signed
	options clusterobject.Options
} {
	type layout = struct {
		copies  []clusterobject.Copy
		signed  []clusterobject.Signed
		options clusterobject.Options
	}
	return map[string]layout{
		"oc": {
			copies:  []clusterobject.Copy{copied(art, target, false), copied(release, target, true), copied(art, target, false)},
			signed:  []clusterobject.Signed{signed('2', "b", "a", "b"), signed('1', "own test data")},
			options: clusterobject.Options{ICSP: true},
		},
		"oc-mirror": {
			copies:  []clusterobject.Copy{copied(art, target, false), copied(release, images, true)},
			options: clusterobject.Options{NeverContactSource: true, Insecure: true, CA: []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")},
		},
		// Releases of CI have their components in their own repository.
		"one-source": {copies: []clusterobject.Copy{copied(release, target, false), copied(release, images, true)}},
		// The images were in the target's repository already.
		"no-source": {copies: []clusterobject.Copy{copied(target, target, true)}, options: clusterobject.Options{ICSP: true}},
	}
}

// The golden files have the whole text of each file, and no other files are made.
func TestFiles(t *testing.T) {
	for name, l := range layouts() {
		t.Run(name, func(t *testing.T) {
			got, err := clusterobject.Files(clusterobject.NewSources(l.copies), l.signed, l.options)
			if err != nil {
				t.Fatal(err)
			}
			compareGolden(t, filepath.Join("testdata", name), got)
		})
	}
}

func compareGolden(t *testing.T, dir string, files []clusterobject.File) {
	t.Helper()
	got := map[string]string{}
	for _, f := range files {
		got[f.Path] = string(f.Data)
	}
	if *update {
		writeGolden(t, dir, files)
	}
	want := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		want[filepath.ToSlash(strings.TrimPrefix(path, dir+string(filepath.Separator)))] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func writeGolden(t *testing.T, dir string, files []clusterobject.File) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A cluster updates all nodes when a mirror set changes, so the order in which images were read must not matter.
func TestFilesDoNotDependOnTheOrder(t *testing.T) {
	for name, l := range layouts() {
		t.Run(name, func(t *testing.T) {
			first, err := clusterobject.Files(clusterobject.NewSources(l.copies), l.signed, l.options)
			if err != nil {
				t.Fatal(err)
			}
			slices.Reverse(l.copies)
			slices.Reverse(l.signed)
			for _, s := range l.signed {
				slices.Reverse(s.Messages)
			}
			second, err := clusterobject.Files(clusterobject.NewSources(l.copies), l.signed, l.options)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(first, second); diff != "" {
				t.Errorf("(-first +second):\n%s", diff)
			}
		})
	}
}

func TestCheckRefusesWhatClustersRefuse(t *testing.T) {
	for name, good := range map[string]bool{
		"registry.example.com": true, "registry.example.com:5000/a/b_c__d-e.f": true, "10.0.0.1:5000/a": true, "REGISTRY/a": true,
		"[::1]:5000/a": false, "host_name/a": false, "-x/a": false, "registry/A": false, "registry/a//b": false, "registry/\"a": false, "": false,
	} {
		err := clusterobject.Check(oci.SplitRepository(name))
		if (err == nil) != good || err != nil && fault.KindOf(err) != fault.Usage {
			t.Errorf("%q: %v", name, err)
		}
	}
	sources := clusterobject.NewSources([]clusterobject.Copy{copied("[::1]:5000/a", target, false)})
	const want = "[::1]:5000/a cannot be part of a mirror set: clusters accept the name of a registry or its IPv4 address, with a port"
	if _, err := clusterobject.Files(sources, nil, clusterobject.Options{}); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestIsOurs(t *testing.T) {
	l := layouts()["oc"]
	files, err := clusterobject.Files(clusterobject.NewSources(l.copies), l.signed, l.options)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !clusterobject.IsOurs(f.Data) {
			t.Errorf("%s is not recognized", f.Path)
		}
	}
	for _, text := range []string{"", "# Written by hand\n", "apiVersion: v1\n"} {
		if clusterobject.IsOurs([]byte(text)) {
			t.Errorf("%q is not ours", text)
		}
	}
}
