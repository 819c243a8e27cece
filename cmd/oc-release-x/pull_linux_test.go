package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/release-x/oc-release-x/internal/testdisk"
)

// A disk that is too small for the archive leaves none. When there is room, the copy continues.
func TestPullToAnArchiveOnAFullDisk(t *testing.T) {
	s := newCopySource(t)
	disk, home := testdisk.Mount(t, "size=2m,mode=0700"), t.TempDir()
	file := filepath.Join(disk, "release.tar")
	command := s.pull(t, home, "oci-archive:"+file)
	var out, errOut bytes.Buffer
	command.Stdout, command.Stderr = &out, &errOut
	err := command.Run()
	want := "error: oci-archive:DISK/release.tar: write DISK/release.tar.partial: no space left on device\n"
	if got := strings.ReplaceAll(errOut.String(), disk, "DISK"); code(t, err) != 8 || out.Len() > 0 || got != want {
		t.Errorf("%v, stdout %q, stderr %q, want %q", err, &out, got, want)
	}
	if _, err := os.Lstat(file); !os.IsNotExist(err) {
		t.Errorf("there is an archive: %v", err)
	}
	if len(archived(t, file+".partial")) == 0 {
		t.Error("no blob was kept")
	}
	if err := syscall.Mount("none", disk, "tmpfs", syscall.MS_REMOUNT, "size=16m"); err != nil {
		t.Fatal(err)
	}
	if out, err := s.pull(t, home, "oci-archive:"+file).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if all := archived(t, file); len(all) < len(s.blobs) {
		t.Errorf("the archive has %d of %d blobs", len(all), len(s.blobs))
	}
}
