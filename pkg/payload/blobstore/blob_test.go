package blobstore

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

func TestBlobIsFetchedOnce(t *testing.T) {
	c, told := fresh(t)
	for _, size := range []int{0, 1, 100_000} {
		b := newBlob(size)
		for range 3 {
			b.good(t, c)
		}
		if !slices.Equal(b.asked, []int64{0}) {
			t.Errorf("%d bytes: fetched from %d", size, b.asked)
		}
	}
	if len(told.all()) > 0 {
		t.Error(told.all())
	}
	info, err := os.Stat(c.options.Dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory has mode %v, %v", info.Mode(), err)
	}
	for name := range files(t, c.options.Dir) {
		if info, err := os.Stat(filepath.Join(c.options.Dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", name, info.Mode(), err)
		}
	}
}

func TestInterruptedDownloadContinues(t *testing.T) {
	c, told := fresh(t)
	b := newBlob(100_000)
	b.broken = 30_000
	for range 3 {
		if _, err := b.read(t.Context(), c); !errors.Is(err, errBroken) {
			t.Fatalf("got %v", err)
		}
		// Another process goes on.
		c, told = at(c.options.Dir)
	}
	b.broken = 0
	b.good(t, c)
	if want := []int64{0, 30_000, 60_000, 90_000}; !slices.Equal(b.asked, want) {
		t.Errorf("fetched from %d, want %d", b.asked, want)
	}
	if want := map[string]int64{"blobs/sha256/" + b.digest.Encoded(): 100_000, "swept": 0}; !cmp.Equal(want, files(t, c.options.Dir)) {
		t.Errorf("files %v", files(t, c.options.Dir))
	}
	if len(told.all()) > 0 {
		t.Error(told.all())
	}
}

// A process may end after the last byte and before the file has its name.
func TestCompletePartialFileIsNotFetched(t *testing.T) {
	c, _ := fresh(t)
	b := newBlob(1000)
	begin(t, c, b, b.data)
	b.good(t, c)
	if len(b.asked) > 0 {
		t.Errorf("fetched from %d", b.asked)
	}
}

// begin makes a partial file.
func begin(t *testing.T, c *Store, b *blob, data []byte) {
	t.Helper()
	name := filepath.Join(c.options.Dir, blobName(b.digest)+partialSuffix)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestPartialFileOfAnotherBlobIsReplaced(t *testing.T) {
	for name, test := range map[string]struct {
		beginning []byte
		asked     []int64
	}{
		"other bytes":    {make([]byte, 400), []int64{400, 0}},
		"all, but other": {make([]byte, 1000), []int64{0}},
		"too many":       {make([]byte, 1001), []int64{0}},
		"empty":          {nil, []int64{0}},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := fresh(t)
			b := newBlob(1000)
			begin(t, c, b, test.beginning)
			b.good(t, c)
			if !slices.Equal(b.asked, test.asked) {
				t.Errorf("fetched from %d, want %d", b.asked, test.asked)
			}
		})
	}
}

func TestPartialFileThatTheSourceCannotContinueIsReplaced(t *testing.T) {
	c, _ := fresh(t)
	b := newBlob(1000)
	begin(t, c, b, b.data[:400])
	refuse := *b
	r, err := c.Blob(t.Context(), b.digest, 1000, func(ctx context.Context, from int64) (io.ReadCloser, error) {
		if from > 0 {
			refuse.asked = append(refuse.asked, from)
			return nil, fault.Errorf(fault.Integrity, "another blob")
		}
		return refuse.fetch(ctx, from)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if !slices.Equal(refuse.asked, []int64{400, 0}) {
		t.Errorf("fetched from %d", refuse.asked)
	}
}

func TestWaitForAnotherProcessEnds(t *testing.T) {
	c, _ := fresh(t)
	c.options.LockWait = 50 * time.Millisecond
	b := newBlob(1000)
	held := c.lock(t.Context(), c.root(), b.digest)
	if held == nil {
		t.Skip("this file system has no locks")
	}
	b.good(t, c)
	if b.good(t, c); !slices.Equal(b.asked, []int64{0}) {
		t.Errorf("fetched from %d", b.asked)
	}
	held()
	if want := map[string]int64{"blobs/sha256/" + b.digest.Encoded(): 1000, "swept": 0}; !cmp.Equal(want, files(t, c.options.Dir)) {
		t.Errorf("files %v", files(t, c.options.Dir))
	}
}

func TestWaitForAnotherProcessEndsWithTheContext(t *testing.T) {
	c, _ := fresh(t)
	b := newBlob(1000)
	held := c.lock(t.Context(), c.root(), b.digest)
	if held == nil {
		t.Skip("this file system has no locks")
	}
	defer held()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := b.read(ctx, c); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestStoreWithoutDirectoryStoresNothing(t *testing.T) {
	var s *Store
	s.WriteFile("notes/k", []byte("note"))
	if _, ok := s.ReadFile("notes/k", 100); ok {
		t.Error("it has a file")
	}
	b := newBlob(1000)
	b.good(t, s)
	b.good(t, s)
	if len(b.asked) != 2 {
		t.Errorf("fetched %d times", len(b.asked))
	}
	if _, err := s.Open(b.digest, 1000); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("opened: %v", err)
	}
	if s.Usable() || s.Writable() || s.Has(b.digest, 1000) || s.Problem() != nil || s.Foreign() != nil || s.Close() != nil {
		t.Error("it can be used")
	}
}

// A push may begin at any offset.
func TestOpenBlobIsReadFromAnyOffset(t *testing.T) {
	c, _ := fresh(t)
	b := newBlob(1000)
	if _, err := c.Open(b.digest, 1000); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("opened before it was stored: %v", err)
	}
	b.good(t, c)
	f, err := c.Open(b.digest, 1000)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	part := make([]byte, 10)
	if _, err := f.ReadAt(part, 300); err != nil || !bytes.Equal(part, b.data[300:310]) {
		t.Errorf("read %q, %v", part, err)
	}
	if _, err := f.Seek(990, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(f); err != nil || !bytes.Equal(rest, b.data[990:]) {
		t.Errorf("read %q, %v", rest, err)
	}
}
