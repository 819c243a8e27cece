package cache

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// mount mounts a file system of so many bytes; only root can.
func mount(t *testing.T, options string, flags uintptr) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", flags, options); err != nil {
		t.Skipf("mounting a file system: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

func TestRow40FullDisk(t *testing.T) {
	dir := filepath.Join(mount(t, "size=256k,mode=0700", 0), "cache")
	c, told := at(dir)
	small := newBlob(1000)
	small.good(t, c)
	large := newBlob(1 << 20)
	large.good(t, c)
	large.good(t, c)
	if len(large.asked) != 2 || len(small.asked) != 1 {
		t.Errorf("fetched %d and %d times", len(large.asked), len(small.asked))
	}
	if all := told.all(); len(all) != 1 || !strings.HasSuffix(all[0], "no space left on device") {
		t.Errorf("told %q", all)
	}
	valid(t, dir)
}

func TestRow41ReadOnly(t *testing.T) {
	dir := mount(t, "size=256k,mode=0700", syscall.MS_RDONLY)
	c, told := at(dir)
	b := newBlob(1000)
	b.good(t, c)
	b.good(t, c)
	if len(b.asked) != 2 {
		t.Errorf("fetched %d times", len(b.asked))
	}
	want := "the cache is not used: writing to " + dir + ": read-only file system; --cache-dir names another folder, --no-cache goes without"
	if all := told.all(); len(all) != 1 || all[0] != want {
		t.Errorf("told %q, want %q", all, want)
	}
}
