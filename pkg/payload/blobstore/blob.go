package blobstore

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// Fetch opens a blob at its source, from byte number from on.
type Fetch func(ctx context.Context, from int64) (io.ReadCloser, error)

// Reader reads a blob that is in the store, or on its way into it. Hash what you read, and call Commit or Discard before
// Close; a blob of which not all was read needs neither.
type Reader interface {
	io.ReadCloser
	// Commit keeps the blob: all of it was read, and its bytes have the digest.
	Commit()
	// Discard deletes what is stored of the blob, because its bytes have another digest. retry reports whether some of
	// them came from the store, so that reading the blob again may succeed.
	Discard() (retry bool)
}

// File is an open blob of a store. Its bytes are not verified.
type File interface {
	io.ReadSeekCloser
	io.ReaderAt
}

// Blob opens a blob: the stored one, or else the one that fetch opens, which is stored while it is read. Only one process
// downloads a blob while others wait; what an interrupted download stored is not fetched again.
func (s *Store) Blob(ctx context.Context, d digest.Digest, size int64, fetch Fetch) (Reader, error) {
	r, err := s.reader(ctx, d, size, fetch)
	if r != nil || err != nil {
		return r, err
	}
	source, err := fetch(ctx, 0)
	if err != nil {
		return nil, err
	}
	return unstored{source}, nil
}

// reader is Blob for a store that can be used; else it returns no reader.
func (s *Store) reader(ctx context.Context, d digest.Digest, size int64, fetch Fetch) (Reader, error) {
	root := s.root()
	if root == nil {
		return nil, nil
	}
	if r := s.storedReader(ctx, root, d, size); r != nil {
		return r, nil
	}
	if s.readOnly.Load() {
		return nil, nil
	}
	waiting := progress.Begin(ctx, progress.Task{
		Verb: "waiting for another process to read", What: progress.Name(ctx, "blob "+d.String()), From: s.options.Dir,
	})
	unlock := s.lock(ctx, root, d)
	waiting.End()
	if err := ctx.Err(); err != nil {
		release(unlock)
		return nil, err
	}
	if r := s.storedReader(ctx, root, d, size); r != nil {
		release(unlock)
		return r, nil
	}
	return s.download(ctx, root, d, size, fetch, unlock)
}

// Has reports whether a blob of this size is stored. Whether it is undamaged shows when it is read.
func (s *Store) Has(d digest.Digest, size int64) bool {
	root := s.root()
	if root == nil {
		return false
	}
	info, err := root.Lstat(blobName(d))
	return err == nil && info.Mode().IsRegular() && info.Size() == size
}

// Open opens a stored blob, which may be read from any offset. The error of a blob that is not stored is fs.ErrNotExist; a
// file that cannot be the blob is deleted.
func (s *Store) Open(d digest.Digest, size int64) (File, error) {
	root := s.root()
	if root == nil {
		return nil, fs.ErrNotExist
	}
	f, err := s.openBlob(root, d, size)
	if f == nil || err != nil {
		return nil, err // not f: it would be a File that is not nil
	}
	return f, nil
}

// openBlob is Open on an open directory.
func (s *Store) openBlob(root *os.Root, d digest.Digest, size int64) (*os.File, error) {
	name := blobName(d)
	f, info, err := s.openRegular(root, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fs.ErrNotExist
	case errors.Is(err, fs.ErrPermission):
		s.skipped(name, err)
		return nil, fs.ErrNotExist
	case err != nil:
		s.Damaged(name, err.Error())
		return nil, fs.ErrNotExist
	case info.Size() != size:
		_ = f.Close()
		s.Damaged(name, "its size is wrong")
		return nil, fs.ErrNotExist
	}
	s.touch(root, name, info)
	return f, nil
}

// storedReader reads a stored blob; it is nil when the blob is not stored.
func (s *Store) storedReader(ctx context.Context, root *os.Root, d digest.Digest, size int64) Reader {
	f, err := s.openBlob(root, d, size)
	if err != nil {
		return nil
	}
	task := progress.Task{What: progress.Name(ctx, "blob "+d.String()), From: s.options.Name, Total: size}
	return &stored{ReadCloser: progress.ReadCloser(ctx, task, f), store: s, name: blobName(d)}
}

// stored reads a stored blob.
type stored struct {
	io.ReadCloser
	store *Store
	name  string
}

// Read returns errors of the disk as fault.Integrity: the blob may be downloaded again.
func (b *stored) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	return n, b.store.readError(err)
}

func (s *Store) readError(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return fault.Errorf(fault.Integrity, "%s: %w", s.options.Name, err)
}

func (b *stored) Commit() {}

func (b *stored) Discard() bool {
	b.store.Damaged(b.name, "its bytes have another digest")
	return true
}

// unstored reads a blob from its source alone.
type unstored struct{ io.ReadCloser }

func (unstored) Commit()       {}
func (unstored) Discard() bool { return false }
