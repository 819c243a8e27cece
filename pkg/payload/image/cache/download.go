package cache

import (
	"context"
	"crypto/rand"
	"io"
	"os"
	"path"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// download is a blob that is written down while it is read.
type download struct {
	cache  *Cache
	root   *os.Root
	name   string // of the file that is written
	final  string // its name when the blob is whole
	unlock func() // nil without a lock

	file    file          // nil once writing has failed, or all is done
	begun   *os.File      // what was there before, up to the byte from which the rest is fetched
	rest    io.ReadCloser // nil when nothing is missing
	resumed bool
}

// download goes on with a blob that was begun, or begins it. Without a lock nothing is shared with other processes.
func (c *Cache) download(ctx context.Context, root *os.Root, d digest.Digest, size int64, fetch Fetch, unlock func()) (Reading, error) {
	b := &download{cache: c, root: root, final: blobName(d), name: blobName(d) + partial, unlock: unlock}
	if unlock == nil {
		b.name = path.Join(tempFolder, rand.Text())
	}
	from, err := b.open(size)
	if err != nil {
		b.giveUp(err)
	}
	if from == size && size > 0 {
		return b, nil
	}
	if b.file != nil && unlock != nil {
		ctx = progress.WithResumable(ctx)
	}
	b.rest, err = fetch(ctx, from)
	if from > 0 && fault.KindOf(err) == fault.Integrity {
		// There is no such rest: what was begun is of another blob.
		b.discard()
		b.rest, err = fetch(ctx, 0)
	}
	if err != nil {
		_ = b.Close()
		return nil, err
	}
	return b, nil
}

// open opens the file to write, and says how much of the blob is in it.
func (b *download) open(size int64) (from int64, err error) {
	if err := b.root.MkdirAll(path.Dir(b.name), 0o700); err != nil {
		return 0, err
	}
	info, err := b.root.Lstat(b.name)
	if err == nil && info.Mode().IsRegular() && info.Size() > 0 && info.Size() <= size {
		if f, err := b.root.OpenFile(b.name, os.O_RDWR|os.O_APPEND, 0o600); err == nil {
			b.file, b.begun, b.resumed = f, f, true
			return info.Size(), nil
		}
	}
	if err == nil {
		if err := b.root.RemoveAll(b.name); err != nil {
			return 0, err
		}
	}
	b.file, err = b.cache.create(b.root, b.name)
	return 0, err
}

// Read gives the bytes that were there, and then those that come.
func (b *download) Read(p []byte) (int, error) {
	if b.begun != nil {
		n, err := b.begun.Read(p)
		if err != nil && err != io.EOF {
			return n, fault.Errorf(fault.Integrity, "the cache: %w", err)
		}
		if n > 0 {
			return n, nil
		}
		b.begun = nil
	}
	if b.rest == nil {
		return 0, io.EOF
	}
	n, err := b.rest.Read(p)
	if b.file != nil && n > 0 {
		if _, failed := b.file.Write(p[:n]); failed != nil {
			b.giveUp(failed)
		}
	}
	return n, err
}

// giveUp goes on without writing.
func (b *download) giveUp(err error) {
	b.cache.unwritable(err)
	b.discard()
}

// discard deletes what is written.
func (b *download) discard() {
	if b.file != nil {
		_ = b.file.Close()
	}
	b.file, b.begun = nil, nil
	_ = b.root.RemoveAll(b.name)
}

func (b *download) Verified() {
	f, unlock := b.file, b.unlock
	b.file, b.begun, b.unlock = nil, nil, nil
	if f == nil {
		release(unlock)
		return
	}
	b.cache.writes.Go(func() {
		defer release(unlock)
		err := f.Close()
		if err == nil {
			err = b.cache.place(b.root, b.name, b.final)
		}
		if err != nil {
			_ = b.root.Remove(b.name)
			b.cache.unwritable(err)
			return
		}
		b.cache.stored.Store(true)
	})
}

func (b *download) Refuted() bool {
	b.discard()
	return b.resumed
}

// Close leaves a blob that was not read to its end where the next process finds it.
func (b *download) Close() error {
	var err error
	if b.rest != nil {
		err = b.rest.Close()
	}
	if b.file != nil {
		_ = b.file.Close()
		if b.unlock == nil {
			_ = b.root.Remove(b.name)
		}
	}
	b.file, b.begun, b.rest = nil, nil, nil
	release(b.unlock)
	b.unlock = nil
	return err
}

func release(unlock func()) {
	if unlock != nil {
		unlock()
	}
}
