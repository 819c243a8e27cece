package ocilayout

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testdisk"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// A disk that fills up leaves no archive. What was written before is used by the next copy.
func TestFullDiskForAnArchive(t *testing.T) {
	dir := testdisk.Mount(t, "size=256k")
	file := filepath.Join(dir, "a.tar")
	l := openTar(t, file)
	pushImage(t, l, "a", "content")
	content := make([]byte, 1<<20)
	_, _ = rand.Read(content)
	err := l.PushBlob(t.Context(), digest.FromBytes(content), int64(len(content)), from(content))
	if want := "oci-archive:FILE: write " + file + ".partial: no space left on device"; err == nil || err.Error() != want || fault.KindOf(err) != fault.Local {
		t.Errorf("%v (%v), want %s", err, fault.KindOf(err), want)
	}
	if files := filesOf(t, dir); !slices.Equal(files, []string{"a.tar.partial"}) {
		t.Errorf("files %q", files)
	}
	if info, err := os.Stat(file + partialSuffix); err != nil || info.Size() != int64(len(firstEntry()))+4*tarBlock {
		t.Errorf("the partial file has %d bytes, and not those of two blobs; %v", info.Size(), err)
	}
	_ = l.Close()
	l = openTar(t, file)
	if err := l.PushBlob(t.Context(), digest.FromString("content"), 7, nil); err != nil {
		t.Error(err)
	}
	pushImage(t, l, "a", "content")
	commit(t, l)
	if names := tarNames(t, file); len(names) != 4 {
		t.Errorf("entries %q", names)
	}
}

// The same in the middle of the copy of an archive, and before its index.
func TestFullDiskBesideAnArchive(t *testing.T) {
	for name, size := range map[string]int{"copy": 170 << 10, "index": 100 << 10} {
		t.Run(name, func(t *testing.T) {
			dir := testdisk.Mount(t, "size=256k")
			file := filepath.Join(dir, "a.tar")
			l := openTar(t, file)
			pushImage(t, l, "a", strings.Repeat("x", size))
			commit(t, l)
			_ = l.Close()
			before, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			l = openTar(t, file)
			err = l.PushBlob(t.Context(), digest.FromString("more"), 4, from([]byte("more")))
			if name == "index" {
				if err != nil {
					t.Fatal(err)
				}
				testdisk.Fill(t, dir)
				err = l.Commit(t.Context())
			}
			if !errors.Is(err, syscall.ENOSPC) || fault.KindOf(err) != fault.Local {
				t.Errorf("got %v (%v)", err, fault.KindOf(err))
			}
			_ = l.Close()
			after, err := os.Stat(file)
			if err != nil || !os.SameFile(before, after) {
				t.Errorf("the file was replaced; %v", err)
			}
			if _, err := os.Lstat(file + partialSuffix); (name == "index") == errors.Is(err, os.ErrNotExist) {
				t.Errorf("the partial file: %v", err)
			}
		})
	}
}
