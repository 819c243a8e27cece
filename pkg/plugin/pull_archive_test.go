package plugin_test

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// unpack unpacks a tar file into a new directory.
func unpack(t *testing.T, file string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(bytes.NewReader(data)); ; {
		header, err := r.Next()
		if err == io.EOF {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Mode != 0o644 || !header.ModTime.Equal(time.Unix(0, 0)) || header.Uid != 0 || header.Gid != 0 {
			t.Errorf("%s has the mode %o, the time %v and the owner %d:%d", header.Name, header.Mode, header.ModTime, header.Uid, header.Gid)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, filepath.FromSlash(header.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPullToAnArchiveAndLoadCopyWhatOCCopies(t *testing.T) {
	source, flags := recordedTools(t)
	for golden, tag := range map[string]string{"mirror": "4.99.0-x86_64", "mirror-multi-keep-manifest-list": "4.99.0-multi"} {
		t.Run(golden, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "release.tar")
			good(t, run(t, append([]string{"pull", source + ":" + tag, "--to", "oci-archive:" + file}, flags...)...))
			var want []string
			for _, list := range recordedDestination(t, golden) {
				want = append(want, list...)
			}
			if diff := cmp.Diff(want, layoutContents(t, unpack(t, file))); diff != "" {
				t.Errorf("archive (-oc +ours):\n%s", diff)
			}
			target := testrelease.TLSRegistry(t)
			good(t, run(t, "mirror", "--from", "oci-archive:"+file, "--to", host(target)+"/ocp/loaded", "--certificate-authority", caFile(t, target.Certificate())))
			if diff := cmp.Diff(want, contents(t, target, "ocp/loaded")); diff != "" {
				t.Errorf("loaded (-oc +ours):\n%s", diff)
			}
		})
	}
}

// Commands read the release of an archive without a tag, and pulling it again leaves the file as it is.
func TestPulledArchive(t *testing.T) {
	source, flags := recordedTools(t)
	file := filepath.Join(t.TempDir(), "release.tar")
	line := append([]string{"pull", source + ":4.99.0-x86_64", "--to", "oci-archive:" + file}, flags...)
	good(t, run(t, line...))
	direct, saved := run(t, append([]string{"images", source + ":4.99.0-x86_64", "-o", "pullspec"}, flags...)...), run(t, "images", "oci-archive:"+file, "-o", "pullspec")
	if saved.code != 0 || saved.out != direct.out {
		t.Errorf("exit code %d, stdout %q, want %q; stderr %q", saved.code, saved.out, direct.out, saved.err)
	}
	before, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := run(t, line...); got.code != 0 || !strings.Contains(got.out, "  Blobs:       0 copied (0), ") || !strings.Contains(got.out, "  Manifests:   0 copied, ") {
		t.Errorf("exit code %d, stdout %q, stderr %q", got.code, got.out, got.err)
	}
	after, err := os.Stat(file)
	if err != nil || !os.SameFile(before, after) || !before.ModTime().Equal(after.ModTime()) {
		t.Errorf("the file was written again: %v", err)
	}
	if names, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*")); err != nil || len(names) != 1 {
		t.Errorf("files %q, %v", names, err)
	}
}
