package blobstore

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

// download reads a blob from its source and writes it into a file.
type download struct {
	store  *Store
	root   *os.Root
	name   string // of the file that is written
	final  string // its name when the blob is complete
	unlock func() // nil without a lock

	file    io.WriteCloser // nil once writing has failed, or is finished
	partial *os.File       // what an earlier download wrote, until it is read; the same file
	source  io.ReadCloser  // nil when nothing is missing
	resumed bool
}

// download continues the download of a blob, or begins one. Without a lock the file is not shared with other processes.
func (s *Store) download(ctx context.Context, root *os.Root, d digest.Digest, size int64, fetch Fetch, unlock func()) (Reader, error) {
	b := &download{store: s, root: root, final: blobName(d), name: blobName(d) + partialSuffix, unlock: unlock}
	if unlock == nil {
		b.name = path.Join(temporaryDirectory, rand.Text())
	}
	from, err := b.open(size)
	if err != nil {
		b.abandonFile(err)
	}
	if from == size && size > 0 {
		return b, nil
	}
	if b.file != nil && unlock != nil {
		ctx = progress.WithResumable(ctx)
	}
	b.source, err = fetch(ctx, from)
	if from > 0 && fault.KindOf(err) == fault.Integrity {
		// The source has no such range, so the partial file is of another blob.
		b.deleteFile()
		b.source, err = fetch(ctx, 0)
	}
	if err != nil {
		_ = b.Close()
		return nil, err
	}
	return b, nil
}

// open opens the file to write and returns how much of the blob is in it.
func (b *download) open(size int64) (from int64, err error) {
	if err := b.root.MkdirAll(path.Dir(b.name), 0o700); err != nil {
		return 0, err
	}
	info, err := b.root.Lstat(b.name)
	if err == nil && info.Mode().IsRegular() && info.Size() > 0 && info.Size() <= size {
		if f, err := b.root.OpenFile(b.name, os.O_RDWR|os.O_APPEND, 0o600); err == nil {
			b.file, b.partial, b.resumed = f, f, true
			return info.Size(), nil
		}
	}
	if err == nil {
		if err := b.root.RemoveAll(b.name); err != nil {
			return 0, err
		}
	}
	b.file, err = b.store.create(b.root, b.name)
	return 0, err
}

// Read returns the bytes of the partial file first, so that its reader hashes them too, and then those of the source.
func (b *download) Read(p []byte) (int, error) {
	if b.partial != nil {
		n, err := b.partial.Read(p)
		if err != nil && err != io.EOF {
			return n, b.store.readError(err)
		}
		if n > 0 {
			return n, nil
		}
		b.partial = nil
	}
	if b.source == nil {
		return 0, io.EOF
	}
	n, err := b.source.Read(p)
	if b.file != nil && n > 0 {
		if _, failed := b.file.Write(p[:n]); failed != nil {
			b.abandonFile(failed)
		}
	}
	return n, err
}

// abandonFile goes on without the file, because writing it failed.
func (b *download) abandonFile(err error) {
	b.store.stopWriting(err)
	b.deleteFile()
}

func (b *download) deleteFile() {
	if b.file != nil {
		_ = b.file.Close()
	}
	b.file, b.partial = nil, nil
	_ = b.root.RemoveAll(b.name)
}

func (b *download) Commit() { b.store.writes.Go(b.finish()) }

// finish takes the file from b and returns a function that gives it its final name and ends the lock.
func (b *download) finish() func() {
	f, unlock := b.file, b.unlock
	b.file, b.partial, b.unlock = nil, nil, nil
	return func() {
		defer release(unlock)
		if f == nil {
			return
		}
		err := f.Close()
		if err == nil {
			err = place(b.root, b.name, b.final)
		}
		if err != nil {
			_ = b.root.Remove(b.name)
			b.store.stopWriting(err)
			return
		}
		b.store.stored.Store(true)
	}
}

func (b *download) Discard() bool {
	b.deleteFile()
	return b.resumed
}

// Close leaves the partial file of an interrupted download for the next one.
func (b *download) Close() error {
	var err error
	if b.source != nil {
		err = b.source.Close()
	}
	if b.file != nil {
		_ = b.file.Close()
		if b.unlock == nil {
			_ = b.root.Remove(b.name)
		}
	}
	b.file, b.partial, b.source = nil, nil, nil
	release(b.unlock)
	b.unlock = nil
	return err
}

func release(unlock func()) {
	if unlock != nil {
		unlock()
	}
}
