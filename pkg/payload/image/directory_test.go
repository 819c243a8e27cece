package image_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
)

// extracted writes a sample's folders.
func extracted(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := sample().WriteDirectory(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestFolderShapes(t *testing.T) {
	dir := extracted(t)
	flat := filepath.Join(dir, "release-manifests")
	if err := os.MkdirAll(filepath.Join(flat, "manifests"), 0o755); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sampleNames(), names(read(t, image.Opener{}, "dir:"+dir))); diff != "" {
		t.Errorf("with both folders (-want +got)\n%s", diff)
	}
	// The release's files in the folder itself; another folder in it is none of theirs.
	if diff := cmp.Diff(sampleNames()[1:], names(read(t, image.Opener{}, "dir:"+flat))); diff != "" {
		t.Errorf("flat (-want +got)\n%s", diff)
	}
	if err := os.RemoveAll(filepath.Join(dir, "manifests")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sampleNames()[1:], names(read(t, image.Opener{}, "dir:"+dir))); diff != "" {
		t.Errorf("without the operator's (-want +got)\n%s", diff)
	}
	// Just what is wanted is kept.
	img, err := image.Opener{}.Open(t.Context(), parse(t, "dir:"+flat))
	if err != nil {
		t.Fatal(err)
	}
	files, err := img.Files(t.Context(), image.Want{})
	if err != nil || files.Release[0].Data != nil || files.Release[0].Size != 8 || files.Release[2].Data == nil {
		t.Errorf("files %+v, %v", files, err)
	}
}

func TestFolderFaults(t *testing.T) {
	link := func(t *testing.T, target, name string) {
		t.Helper()
		if err := os.Symlink(target, name); err != nil {
			t.Skip("no links here: ", err)
		}
	}
	tests := []struct {
		name   string
		change func(t *testing.T, dir string)
		limits image.Limits
		kind   fault.Kind
		want   string
	}{
		{"a linked manifest", func(t *testing.T, dir string) {
			link(t, "0000_05_a_a.yaml", filepath.Join(dir, "release-manifests", "x.yaml"))
		}, image.Limits{}, fault.Integrity, "release-manifests/x.yaml is a symbolic link, want a file"},
		{"linked image-references", func(t *testing.T, dir string) {
			name := filepath.Join(dir, "release-manifests", payload.ReferencesName)
			if err := os.Remove(name); err != nil {
				t.Fatal(err)
			}
			link(t, "/etc/passwd", name)
		}, image.Limits{}, fault.Integrity, "release-manifests/image-references is a symbolic link, want a file"},
		{"a linked folder", func(t *testing.T, dir string) {
			if err := os.Rename(filepath.Join(dir, "release-manifests"), filepath.Join(dir, "other")); err != nil {
				t.Fatal(err)
			}
			link(t, "other", filepath.Join(dir, "release-manifests"))
		}, image.Limits{}, fault.Integrity, "release-manifests is a symbolic link, want a directory"},
		{"a directory that is a link out of it", func(t *testing.T, dir string) {
			outside := t.TempDir()
			if err := os.Rename(filepath.Join(dir, "release-manifests"), filepath.Join(outside, "r")); err != nil {
				t.Fatal(err)
			}
			link(t, filepath.Join(outside, "r"), filepath.Join(dir, "release-manifests"))
		}, image.Limits{}, fault.Integrity, "release-manifests is a symbolic link, want a directory"},
		{"a linked operator's folder", func(t *testing.T, dir string) {
			if err := os.RemoveAll(filepath.Join(dir, "manifests")); err != nil {
				t.Fatal(err)
			}
			link(t, "release-manifests", filepath.Join(dir, "manifests"))
		}, image.Limits{}, fault.Integrity, "manifests is a symbolic link, want a directory"},
		{"image-references is a directory", func(t *testing.T, dir string) {
			name := filepath.Join(dir, "release-manifests", payload.ReferencesName)
			if err := os.Remove(name); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(name, 0o755); err != nil {
				t.Fatal(err)
			}
		}, image.Limits{}, fault.Integrity, "release-manifests/image-references is a directory, want a file"},
		{"a file too big", func(*testing.T, string) {}, image.Limits{FileSize: 100}, fault.Integrity, fmt.Sprintf("release-manifests/image-references has %d bytes, the limit is 100 (--max-file-size)", len(sample().References()))},
		{"too many files", func(*testing.T, string) {}, image.Limits{Files: 3}, fault.Integrity, "it has more than 3 entries (--max-files)"},
		{"too much together", func(*testing.T, string) {}, image.Limits{PayloadSize: 1200}, fault.Integrity, "the payload has more than 1200 bytes (--max-payload-size)"},
		{"no release", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "release-manifests", payload.ReferencesName)); err != nil {
				t.Fatal(err)
			}
		}, image.Limits{}, fault.NotFound, "not an extracted release: the directory holds neither image-references nor release-manifests/image-references"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := extracted(t)
			test.change(t, dir)
			if kind, got := failure(t, "dir:"+dir, test.limits); got != test.want || kind != test.kind {
				t.Errorf("kind %d, want %d\n got %s\nwant %s", kind, test.kind, got, test.want)
			}
		})
	}
	if kind, _ := failure(t, "dir:"+filepath.Join(t.TempDir(), "nothing"), image.Limits{}); kind != fault.NotFound {
		t.Errorf("a missing folder: kind %d", kind)
	}
}
