package release

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// testArchive unpacks the archive into a directory of the PATH, as the README says.
func testArchive(t *testing.T, s snapshot) {
	want := []string{
		"-rw-r--r-- root/root LICENSE",
		"-rw-r--r-- root/root README.md",
		"-rwxr-xr-x root/root kubectl_complete-release_x",
		"-rwxr-xr-x root/root oc_complete-release_x",
		"-rwxr-xr-x root/root kubectl-release_x",
	}
	if diff := cmp.Diff(want, archiveEntries(t, s.path(s.archive()))); diff != "" {
		t.Errorf("the archive holds (-want +got):\n%s", diff)
	}
	if got, want := output(t, exec.CommandContext(t.Context(), unpack(t, s), "version", "-o", "jsonpath={.version}")), "v"+s.version; got != want {
		t.Errorf("version %q, want %q", got, want)
	}
}

// archiveEntries lists an archive: type and mode, owner, name.
func archiveEntries(t *testing.T, name string) []string {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var entries []string
	for reader := tar.NewReader(unzipped); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return entries
		}
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, fmt.Sprintf("%s %s/%s %s", header.FileInfo().Mode(), header.Uname, header.Gname, header.Name))
	}
}

// unpack gives the program of a snapshot's archive.
func unpack(t *testing.T, s snapshot) string {
	t.Helper()
	dir := t.TempDir()
	output(t, exec.CommandContext(t.Context(), "tar", "-xzf", s.path(s.archive()), "-C", dir))
	return filepath.Join(dir, "kubectl-release_x")
}
