package cache

import (
	"context"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/opencontainers/go-digest"
)

// lockEvery is how often a lock is tried.
const lockEvery = 20 * time.Millisecond

// lock waits until no other process fetches a blob. Without an unlock the wait was too long, or the file system has
// no locks: then everybody fetches for himself. A process that dies leaves no lock behind.
func (c *Cache) lock(ctx context.Context, root *os.Root, d digest.Digest) (unlock func()) {
	if err := root.MkdirAll(lockFolder, 0o700); err != nil {
		c.unwritable(err)
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.LockWait)
	defer cancel()
	name := path.Join(lockFolder, d.Encoded())
	for {
		lock := flock.New(filepath.Join(c.options.Dir, filepath.FromSlash(name)), flock.SetPermissions(0o600))
		if ok, err := lock.TryLockContext(ctx, lockEvery); err != nil || !ok {
			return nil
		}
		// The one who held it has deleted the file: a lock on a file without a name keeps nobody out.
		held, err := lock.Stat()
		if there, lost := root.Lstat(name); err == nil && lost == nil && os.SameFile(held, there) {
			return func() { _ = root.Remove(name); _ = lock.Unlock() }
		}
		_ = lock.Unlock()
		if ctx.Err() != nil {
			return nil
		}
	}
}
