package blobstore

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/testdisk"
)

func TestFullDisk(t *testing.T) {
	dir := filepath.Join(testdisk.Mount(t, "size=256k,mode=0700"), "cache")
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

func TestReadOnlyDirectoryIsRead(t *testing.T) {
	dir := testdisk.Mount(t, "size=256k,mode=0700")
	c, _ := at(dir)
	kept, other := newBlob(1000), newBlob(2000)
	session(t, c, kept)
	testdisk.ReadOnly(t, dir)
	c, told := at(dir)
	if n := session(t, c, kept); n != 1 {
		t.Errorf("fetched %d times", n-1)
	}
	other.good(t, c)
	other.good(t, c)
	if len(other.asked) != 2 {
		t.Errorf("fetched %d times", len(other.asked))
	}
	want := "nothing more is written to the cache " + dir + ": writing to " + dir + ": read-only file system"
	if all := told.all(); len(all) != 1 || all[0] != want {
		t.Errorf("told %q, want %q", all, want)
	}
	files, _, err := clean(testOptions(dir), Cleaning{All: true})
	const problem = "3 files cannot be deleted, the first is "
	if files != 0 || err == nil || !strings.HasPrefix(err.Error(), problem+dir+"/blobs/sha256/") || !strings.HasSuffix(err.Error(), ": read-only file system") {
		t.Errorf("%d files, %v", files, err)
	}
}

func TestDamagedFileOfAReadOnlyDirectoryIsFetched(t *testing.T) {
	dir := testdisk.Mount(t, "size=256k,mode=0700")
	c, _ := at(dir)
	b := newBlob(1000)
	session(t, c, b)
	name := blobName(b.digest)
	if err := os.WriteFile(filepath.Join(dir, name), make([]byte, 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	testdisk.ReadOnly(t, dir)
	c, told := at(dir)
	b.asked = nil
	b.good(t, c)
	b.good(t, c)
	if len(b.asked) != 2 {
		t.Errorf("fetched %d times", len(b.asked))
	}
	want := "the cache's file " + filepath.Join(dir, name) + " is damaged (its bytes have another digest)"
	if all := told.all(); len(all) != 2 || all[1] != want {
		t.Errorf("told %q, want %q", all, want)
	}
}
