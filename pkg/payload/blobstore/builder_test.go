package blobstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
)

// notes collects the notes of a store.
type notes struct {
	mu   sync.Mutex
	list []string
}

func (n *notes) notef(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, fmt.Sprintf(format, args...))
}

func (n *notes) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.list
}

// fresh is a store in a new directory.
func fresh(t *testing.T) (*Store, *notes) {
	t.Helper()
	return at(filepath.Join(t.TempDir(), "cache"))
}

// testOptions are those of a store that is called "the cache" and has an index.
func testOptions(dir string) Options {
	return Options{Dir: dir, Name: "the cache", Hint: "--cache-dir names another directory", Index: []string{"notes", "repositories"}}
}

func at(dir string) (*Store, *notes) {
	n := &notes{}
	o := testOptions(dir)
	o.Notef = n.notef
	return New(o), n
}

// blob is some content, and where it comes from.
type blob struct {
	data   []byte
	digest digest.Digest
	asked  []int64 // the byte from which each fetch began
	broken int     // when not 0, a fetch breaks off after so many bytes
}

func newBlob(size int) *blob {
	data := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
	return &blob{data: data, digest: digest.FromBytes(data)}
}

var errBroken = errors.New("broken off")

func (b *blob) fetch(_ context.Context, from int64) (io.ReadCloser, error) {
	b.asked = append(b.asked, from)
	rest := b.data[from:]
	if b.broken == 0 {
		return io.NopCloser(bytes.NewReader(rest)), nil
	}
	return io.NopCloser(io.MultiReader(bytes.NewReader(rest[:min(b.broken, len(rest))]), failing{})), nil
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errBroken }

// read reads a blob through a store and hashes it.
func (b *blob) read(ctx context.Context, c *Store) ([]byte, error) {
	for {
		data, again, err := b.onceFrom(ctx, c, b.fetch)
		if err == nil || !again {
			return data, err
		}
	}
}

func (b *blob) onceFrom(ctx context.Context, c *Store, fetch Fetch) (data []byte, again bool, err error) {
	r, err := c.Blob(ctx, b.digest, int64(len(b.data)), fetch)
	if err != nil {
		return nil, false, err
	}
	defer r.Close()
	if data, err = io.ReadAll(r); err != nil {
		return nil, false, err
	}
	if digest.FromBytes(data) != b.digest {
		return nil, r.Discard(), errors.New("another digest")
	}
	r.Commit()
	return data, false, nil
}

// good reads a blob and wants it whole.
func (b *blob) good(t *testing.T, c *Store) {
	t.Helper()
	data, err := b.read(t.Context(), c)
	if err != nil || !bytes.Equal(data, b.data) {
		t.Fatalf("read %d of %d bytes, %v", len(data), len(b.data), err)
	}
	c.Wait()
}

// files are the names and sizes of the files in a directory.
func files(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	found := map[string]int64{}
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			found[strings.TrimPrefix(filepath.ToSlash(path), filepath.ToSlash(dir)+"/")] = info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// clock is a time that a test sets.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }
