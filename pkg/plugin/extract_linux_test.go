package plugin_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/testdisk"
)

// Files are written while the release is read, so an error of the disk may come first.
func TestExtractNamesTheDirectoryThatCannotBeWritten(t *testing.T) {
	release, dir := layout(t, ordered()), filepath.Join(testdisk.Mount(t, "size=8k"), "d")
	got := run(t, "extract", release, "--to", dir)
	if prefix, suffix := "error: writing the directory "+dir+": 0000_", ".yaml: no space left on device\n"; got.code != 8 || !strings.HasPrefix(got.err, prefix) || !strings.HasSuffix(got.err, suffix) {
		t.Errorf("got %+v", got)
	}
	if entries, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(entries) > 0 {
		t.Errorf("left %v, %v", entries, err)
	}
}
