package cache

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// Fetch opens a blob where it comes from, beginning with byte number from.
type Fetch func(ctx context.Context, from int64) (io.ReadCloser, error)

// Reading is a blob that is being read, from the cache or into it. The reader hashes it and calls Verified or Refuted before
// Close, or neither if it did not read the blob to its end.
type Reading interface {
	io.ReadCloser
	// Verified keeps the blob.
	Verified()
	// Refuted deletes what is kept of it. again says that it was not all new, so that another try may go better.
	Refuted() (again bool)
}

// Blob opens a blob: the one that is kept, or else the one that fetch brings, which is written down while it is read.
// Only one process fetches a blob, others wait for it. What an interrupted one wrote down is not fetched again.
func (c *Cache) Blob(ctx context.Context, d digest.Digest, size int64, fetch Fetch) (Reading, error) {
	root := c.root()
	if root == nil {
		return straight(ctx, fetch)
	}
	if kept := c.kept(ctx, root, d, size); kept != nil {
		return kept, nil
	}
	if c.full.Load() {
		return straight(ctx, fetch)
	}
	waiting := progress.Begin(ctx, progress.Task{
		Verb: "waiting for another process to read", What: progress.Name(ctx, "blob "+d.String()), From: c.options.Dir,
	})
	unlock := c.lock(ctx, root, d)
	waiting.End()
	if err := ctx.Err(); err != nil {
		if unlock != nil {
			unlock()
		}
		return nil, err
	}
	if kept := c.kept(ctx, root, d, size); kept != nil {
		if unlock != nil {
			unlock()
		}
		return kept, nil
	}
	return c.download(ctx, root, d, size, fetch, unlock)
}

// Has says whether a blob of this size is kept; whether it is whole shows when it is read.
func (c *Cache) Has(d digest.Digest, size int64) bool {
	root := c.root()
	if root == nil {
		return false
	}
	info, err := root.Lstat(blobName(d))
	return err == nil && info.Mode().IsRegular() && info.Size() == size
}

func blobName(d digest.Digest) string { return path.Join(blobFolder, d.Encoded()) }

// kept opens a blob that is there, nil when it is not. One that cannot be the blob is deleted.
func (c *Cache) kept(ctx context.Context, root *os.Root, d digest.Digest, size int64) Reading {
	name := blobName(d)
	f, info, err := c.openRegular(root, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, fs.ErrPermission):
		c.unread(name, err)
		return nil
	case err != nil:
		c.damaged(root, name, err.Error())
		return nil
	case info.Size() != size:
		f.Close()
		c.damaged(root, name, "its size is wrong")
		return nil
	}
	c.used(root, name, info)
	task := progress.Task{What: progress.Name(ctx, "blob "+d.String()), From: "the cache", Total: size}
	return &keptBlob{ReadCloser: progress.ReadCloser(ctx, task, f), cache: c, root: root, name: name}
}

// keptBlob is a blob that was kept.
type keptBlob struct {
	io.ReadCloser
	cache *Cache
	root  *os.Root
	name  string
}

// Read's errors are those of the disk: another copy may be read.
func (b *keptBlob) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = fault.Errorf(fault.Integrity, "the cache: %w", err)
	}
	return n, err
}

func (b *keptBlob) Verified() {}

func (b *keptBlob) Refuted() bool {
	b.cache.damaged(b.root, b.name, "its bytes have another digest")
	return true
}

// straightBlob is a blob that is not kept.
type straightBlob struct{ io.ReadCloser }

func (straightBlob) Verified()     {}
func (straightBlob) Refuted() bool { return false }

func straight(ctx context.Context, fetch Fetch) (Reading, error) {
	r, err := fetch(ctx, 0)
	if err != nil {
		return nil, err
	}
	return straightBlob{r}, nil
}
