package ocilayout

import (
	"bytes"
	"crypto/rand"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testdisk"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// A full disk leaves the layout as it was, with no half file.
func TestFullDisk(t *testing.T) {
	dir := filepath.Join(testdisk.Mount(t, "size=256k"), "layout")
	l := openLayout(t, dir)
	pushImage(t, l, "a", "content")
	commit(t, l)
	before, files := indexOf(t, dir), filesOf(t, dir)
	content := make([]byte, 1<<20)
	_, _ = rand.Read(content)
	d := digest.FromBytes(content)
	err := l.PushBlob(t.Context(), d, int64(len(content)), from(content))
	if want := "oci:" + dir + ": writing " + blobName(d) + ": no space left on device"; err == nil || err.Error() != want || fault.KindOf(err) != fault.Local {
		t.Errorf("%v (%v), want %s", err, fault.KindOf(err), want)
	}
	if after := filesOf(t, dir); !bytes.Equal(before, indexOf(t, dir)) || !slices.Equal(files, after) {
		t.Errorf("files %q, were %q", after, files)
	}
}

// The same for the index itself: there are not enough inodes.
func TestFullDiskForTheIndex(t *testing.T) {
	dir := filepath.Join(testdisk.Mount(t, "nr_inodes=10"), "layout") // the root, three directories, two blobs twice, the index, oci-layout
	l := openLayout(t, dir)
	pushImage(t, l, "a", "content")
	commit(t, l)
	before := indexOf(t, dir)
	pushImage(t, l, "b", "other content")
	err := l.Commit(t.Context())
	if want := "oci:" + dir + ": writing index.json: no space left on device"; err == nil || err.Error() != want || fault.KindOf(err) != fault.Local {
		t.Errorf("%v (%v), want %s", err, fault.KindOf(err), want)
	}
	if !bytes.Equal(before, indexOf(t, dir)) {
		t.Error("index.json was changed")
	}
	if _, err := openLayout(t, dir).Describe(t.Context(), "a"); err != nil {
		t.Error(err)
	}
}

func TestReadOnlyDirectory(t *testing.T) {
	dir := testdisk.Mount(t, "size=256k")
	l := openLayout(t, dir)
	_, manifest := pushImage(t, l, "a", "content")
	commit(t, l)
	_ = l.Close()
	testdisk.ReadOnly(t, dir)
	before := indexOf(t, dir)
	l = openLayout(t, dir)
	if d, err := l.Describe(t.Context(), "a"); err != nil || d.Digest != manifest { // nothing is to be written
		t.Errorf("%v, %v", d, err)
	}
	commit(t, l)
	err := l.PushManifest(t.Context(), "b", "", []byte("b"))
	if fault.KindOf(err) != fault.Local || !strings.HasSuffix(err.Error(), ": read-only file system") {
		t.Errorf("%v (%v)", err, fault.KindOf(err))
	}
	if !bytes.Equal(before, indexOf(t, dir)) {
		t.Error("index.json was changed")
	}
}
