package blobstore

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/opencontainers/go-digest"
)

// failure is a disk that refuses the write or close with a number, counted from 0.
type failure struct {
	left atomic.Int64
	err  error
}

func newFailure(n int, err error) *failure {
	f := &failure{err: err}
	f.left.Store(int64(n))
	return f
}

func (f *failure) next() error {
	if f.left.Add(-1) == -1 {
		return f.err
	}
	return nil
}

type brittle struct {
	io.WriteCloser
	failure *failure
}

func (b brittle) Write(p []byte) (int, error) {
	if err := b.failure.next(); err != nil {
		n, _ := b.WriteCloser.Write(p[:len(p)/2])
		return n, &os.PathError{Op: "write", Path: "x", Err: err}
	}
	return b.WriteCloser.Write(p)
}

func (b brittle) Close() error {
	if err := b.failure.next(); err != nil {
		_ = b.WriteCloser.Close()
		return &os.PathError{Op: "close", Path: "x", Err: err}
	}
	return b.WriteCloser.Close()
}

// session is what a command does with a store: two files of an index and a blob are read, else fetched and stored.
func session(t *testing.T, s *Store, b *blob) (fetched int) {
	t.Helper()
	for range 2 { // writes go on in the background: the second time shows what the first one stored
		for _, name := range []string{"notes/k/x", "repositories/x/tags/x"} {
			if got, ok := s.ReadFile(name, 100); !ok {
				fetched++
				s.WriteFile(name, []byte(name))
			} else if string(got) != name {
				t.Fatalf("%s has %q", name, got)
			}
		}
		b.good(t, s)
	}
	return fetched + len(b.asked)
}

func TestStoreSurvivesEveryFailingWrite(t *testing.T) {
	for _, cause := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EIO} {
		for n := range 30 {
			t.Run(fmt.Sprintf("%v %d", cause, n), func(t *testing.T) {
				c, told := fresh(t)
				disk := newFailure(n, cause)
				create := c.create
				c.create = func(root *os.Root, name string) (io.WriteCloser, error) {
					f, err := create(root, name)
					if err != nil {
						return nil, err
					}
					if err := disk.next(); err != nil {
						_ = f.Close()
						return nil, &os.PathError{Op: "open", Path: name, Err: err}
					}
					return brittle{f, disk}, nil
				}
				session(t, c, newBlob(100_000))
				notes := told.all()
				if disk.left.Load() >= 0 { // the session has fewer writes
					if len(notes) != 0 {
						t.Errorf("nothing failed, and it told %q", notes)
					}
					return
				}
				prefix := "nothing more is written to the cache " + c.options.Dir + ": "
				if len(notes) != 1 || !strings.HasPrefix(notes[0], prefix) || !strings.HasSuffix(notes[0], ": "+cause.Error()) {
					t.Errorf("notes %q", notes)
				}
				valid(t, c.options.Dir)
			})
		}
	}
}

// valid wants a store that works and has nothing left over and nothing wrong in it.
func valid(t *testing.T, dir string) {
	t.Helper()
	for name, size := range files(t, dir) {
		if (Entry{Name: name}).temporary() || size == 0 && name != evictedFile {
			t.Errorf("left over: %s, %d bytes", name, size)
		}
		if base := filepath.Base(name); strings.HasPrefix(name, blobDirectory) {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil || digest.FromBytes(data).Encoded() != base {
				t.Errorf("%s holds other bytes: %v", name, err)
			}
		}
	}
	c, told := at(dir)
	session(t, c, newBlob(100_000))
	c, told2 := at(dir)
	if n := session(t, c, newBlob(100_000)); n != 0 {
		t.Errorf("fetched %d times", n)
	}
	if all := slices.Concat(told.all(), told2.all()); len(all) > 0 {
		t.Errorf("told %q", all)
	}
}
