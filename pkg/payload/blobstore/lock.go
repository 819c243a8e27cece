package blobstore

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"runtime"
	"time"

	"github.com/gofrs/flock"
	"github.com/opencontainers/go-digest"
)

// lockEvery is how often a lock is tried.
const lockEvery = 20 * time.Millisecond

// lock waits until no other process downloads a blob. unlock is nil when that takes too long, or when the file system has
// no locks: then every process downloads for itself. A process that dies leaves no lock behind.
func (s *Store) lock(ctx context.Context, root *os.Root, d digest.Digest) (unlock func()) {
	if err := root.MkdirAll(lockDirectory, 0o700); err != nil {
		s.stopWriting(err)
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.options.LockWait)
	defer cancel()
	name := path.Join(lockDirectory, d.Encoded())
	for {
		lock := flock.New(s.path(name), flock.SetPermissions(0o600))
		if ok, err := lock.TryLockContext(ctx, lockEvery); err != nil || !ok {
			return nil
		}
		// The process that held the lock has deleted the file: other processes do not see a lock on a file without a name.
		if isLocked(root, name, lock) {
			return func() { _ = root.Remove(name); _ = lock.Unlock() }
		}
		_ = lock.Unlock()
		if ctx.Err() != nil {
			return nil
		}
	}
}

// isLocked reports whether a lock is on the file that has the name now.
func isLocked(root *os.Root, name string, lock *flock.Flock) bool {
	held, err := lock.Stat()
	if err != nil {
		return false
	}
	named, err := root.Lstat(name)
	return err == nil && os.SameFile(held, named)
}

func isRegular(root *os.Root, name string) bool {
	info, err := root.Lstat(name)
	return err == nil && info.Mode().IsRegular()
}

// pinOf locks a blob's own file, without creating it.
func (s *Store) pinOf(name string) *flock.Flock {
	return flock.New(s.path(name), flock.SetFlag(os.O_RDONLY))
}

// Pin keeps a stored blob from being evicted or cleaned by any process until unpin is called or this process ends. ok is
// false when the blob is not stored. A file system without locks has no pins.
func (s *Store) Pin(d digest.Digest) (unpin func(), ok bool) {
	root := s.root()
	if root == nil {
		return nil, false
	}
	name := blobName(d)
	if !isRegular(root, name) { // opening a pipe would wait for its writer
		return nil, false
	}
	pin := s.pinOf(name)
	switch free, err := pin.TryRLock(); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, false
	case err != nil:
		return func() {}, true
	case !free || !isLocked(root, name, pin): // it is being deleted, or was
		_ = pin.Close()
		return nil, false
	}
	return func() { _ = pin.Close() }, true
}

// errPinned is the error of deleting a blob that is pinned.
var errPinned = errors.New("the blob is in use")

// remove deletes a file of the store, unless it is a pinned blob.
func (s *Store) remove(root *os.Root, name string) error {
	if path.Dir(name) != blobDirectory || !isRegular(root, name) {
		return root.Remove(name)
	}
	pin := s.pinOf(name)
	free, err := pin.TryLock()
	if err == nil && !free {
		_ = pin.Close()
		return errPinned
	}
	if runtime.GOOS == "windows" { // does not delete an open file
		_ = pin.Close()
	}
	err = root.Remove(name)
	_ = pin.Close()
	return err
}
