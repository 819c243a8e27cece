package blobstore

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// stage stages a blob and reads it from two offsets.
func (b *blob) stage(t *testing.T, s *Store) *Staged {
	t.Helper()
	staged, err := s.Stage(t.Context(), b.digest, int64(len(b.data)), b.fetch)
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []int64{0, 300} {
		r, err := staged.Open(t.Context(), from)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, b.data[from:]) {
			t.Errorf("from %d: %d bytes, %v", from, len(got), err)
		}
		_ = r.Close()
	}
	return staged
}

func TestStagedBlobIsDroppedAfterUse(t *testing.T) {
	s, told := fresh(t)
	b := newBlob(1000)
	staged := b.stage(t, s)
	if _, ok := files(t, s.options.Dir)[blobName(b.digest)]; !ok || !slices.Equal(b.asked, []int64{0}) {
		t.Errorf("stored %v, fetched from %d", ok, b.asked)
	}
	staged.Drop()
	staged.Drop()
	if left := files(t, s.options.Dir); len(left) > 0 {
		t.Errorf("left %v", left)
	}
	if len(told.all()) > 0 {
		t.Error(told.all())
	}
}

func TestStagedBlobStaysForTheNextRun(t *testing.T) {
	s, _ := fresh(t)
	b := newBlob(1000)
	if err := b.stage(t, s).Close(); err != nil {
		t.Fatal(err)
	}
	s, _ = at(s.options.Dir)
	b.stage(t, s).Drop() // it was there before
	if !slices.Equal(b.asked, []int64{0}) || !s.Has(b.digest, 1000) {
		t.Errorf("fetched from %d", b.asked)
	}
}

func TestStageContinuesAnInterruptedDownload(t *testing.T) {
	s, _ := fresh(t)
	b := newBlob(100_000)
	b.broken = 30_000
	if _, err := s.Stage(t.Context(), b.digest, 100_000, b.fetch); !errors.Is(err, errBroken) {
		t.Fatalf("got %v", err)
	}
	b.broken = 0
	s, _ = at(s.options.Dir)
	b.stage(t, s).Drop()
	if want := []int64{0, 30_000}; !slices.Equal(b.asked, want) {
		t.Errorf("fetched from %d, want %d", b.asked, want)
	}
}

func TestStageVerifies(t *testing.T) {
	for name, data := range map[string][]byte{
		"other bytes": make([]byte, 1000), "too few": newBlob(999).data, "too many": append(newBlob(1000).data, 'x'),
	} {
		t.Run("of the source: "+name, func(t *testing.T) {
			s, _ := fresh(t)
			b := newBlob(1000)
			_, err := s.Stage(t.Context(), b.digest, 1000, func(context.Context, int64) (io.ReadCloser, error) {
				return io.NopCloser(bytes.NewReader(data)), nil
			})
			if fault.KindOf(err) != fault.Integrity {
				t.Errorf("got %v", err)
			}
			if left := files(t, s.options.Dir); len(left) > 0 {
				t.Errorf("left %v", left)
			}
		})
		t.Run("of the store: "+name, func(t *testing.T) {
			s, _ := fresh(t)
			b := newBlob(1000)
			b.good(t, s)
			if err := os.WriteFile(filepath.Join(s.options.Dir, blobName(b.digest)), data, 0o600); err != nil {
				t.Fatal(err)
			}
			b.stage(t, s).Drop()
			if !slices.Equal(b.asked, []int64{0, 0}) {
				t.Errorf("fetched from %d", b.asked)
			}
		})
		t.Run("begun: "+name, func(t *testing.T) {
			s, _ := fresh(t)
			b := newBlob(1000)
			begin(t, s, b, data)
			b.stage(t, s).Drop()
		})
	}
}

// Without a directory, or on a disk that is full, every reader of a staged blob reads it at its source.
func TestStageWithoutDisk(t *testing.T) {
	full, _ := fresh(t)
	create := full.create
	full.create = func(root *os.Root, name string) (io.WriteCloser, error) {
		f, err := create(root, name)
		return brittle{f, newFailure(1, syscall.ENOSPC)}, err
	}
	for name, test := range map[string]struct {
		store *Store
		asked []int64
	}{"no store": {nil, []int64{0, 300}}, "full": {full, []int64{0, 0, 300}}} {
		t.Run(name, func(t *testing.T) {
			b := newBlob(200_000)
			b.stage(t, test.store).Drop()
			if !slices.Equal(b.asked, test.asked) {
				t.Errorf("fetched from %d, want %d", b.asked, test.asked)
			}
		})
	}
}

func TestPinnedBlobIsNeitherEvictedNorCleaned(t *testing.T) {
	s, _ := fresh(t)
	pinned, other := newBlob(1000), newBlob(2000)
	other.good(t, s)
	staged := pinned.stage(t, s)
	another, _ := at(s.options.Dir) // of another process
	another.options.Limit = 1
	evictLater(t, s.options.Dir)
	unpin, ok := another.Pin(pinned.digest)
	if !ok {
		t.Fatal("not pinned twice")
	}
	if err := os.Remove(filepath.Join(s.options.Dir, evictedFile)); err != nil {
		t.Fatal(err)
	}
	another.evictHourly()
	want := map[string]int64{blobName(pinned.digest): 1000, evictedFile: 0}
	if got := files(t, s.options.Dir); !cmp.Equal(want, got) {
		t.Errorf("left %v", got)
	}
	staged.Drop() // the other process has it pinned
	if got := files(t, s.options.Dir); !cmp.Equal(want, got) {
		t.Errorf("left %v", got)
	}
	if n, _, err := clean(testOptions(s.options.Dir), Cleaning{All: true}); n != 0 || err != nil {
		t.Errorf("cleaned %d files, %v", n, err)
	}
	unpin()
	if n, _, err := clean(testOptions(s.options.Dir), Cleaning{All: true}); n != 1 || err != nil {
		t.Errorf("cleaned %d files, %v", n, err)
	}
	if _, ok := s.Pin(pinned.digest); ok {
		t.Error("pinned a blob that is gone")
	}
}
