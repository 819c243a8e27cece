//go:build linux

package wholefile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/release-x/oc-release-x/internal/testdisk"
	"github.com/release-x/oc-release-x/internal/wholefile"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

func TestAddFilesLeavesOthersAlone(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"mine": "mine", "a": "old"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files := []wholefile.File{{Path: "a", Data: []byte("new")}, {Path: "b/c", Data: []byte("deep")}}
	if err := wholefile.CheckAddFiles(dir, "a", "b/c"); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("the check left %v, %v", entries, err)
	}
	if err := wholefile.AddFiles(dir, files); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"mine": "mine", "a": "new", "b/c": "deep"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// The check finds what would prevent writing, and makes no directory.
func TestCheckAddFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "directory"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "gone"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"new/deep/x": "",
		"file":       "",
		"file/x":     "writing " + dir + "/file/x: not a directory",
		"directory":  "writing " + dir + "/directory: it exists and is not a regular file",
		"link":       "writing " + dir + "/link: it is a link to " + dir + "/gone, which does not exist",
		"link/x":     "writing the directory " + dir + "/link: " + dir + "/link is a link to what does not exist",
	} {
		err := wholefile.CheckAddFiles(dir, path)
		if got := text(err); got != want || err != nil && fault.KindOf(err) != fault.Local {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "new")); !os.IsNotExist(err) {
		t.Errorf("the check made a directory: %v", err)
	}
}

func TestCheckAddFilesOnAReadOnlyDisk(t *testing.T) {
	dir := testdisk.Mount(t, "size=64k")
	testdisk.ReadOnly(t, dir)
	want := "writing the directory " + dir + "/new: read-only file system"
	if got := text(wholefile.CheckAddFiles(dir, "new/x")); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
