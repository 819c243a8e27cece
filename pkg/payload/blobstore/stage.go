package blobstore

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// Staged is a blob on its way from one registry to another. It may be opened several times and at any offset, also at the
// same time, until Close or Drop.
type Staged struct {
	store  *Store
	digest digest.Digest
	size   int64
	fetch  Fetch  // for a blob that could not be stored
	unpin  func() // nil for a blob that could not be stored
	kept   bool   // the blob was in the store before
}

// Stage brings a blob into the store, verifies it and pins it. Call Drop when the transfer is finished, and Close when it
// was interrupted, so that the next run need not download the blob again. If the store cannot be used, or its disk is
// full, the blob is not stored, and each Open opens it at its source.
//
// Errors are those of fetch, and fault.Integrity for bytes that are not the blob's.
func (s *Store) Stage(ctx context.Context, d digest.Digest, size int64, fetch Fetch) (*Staged, error) {
	for range 3 { // a stored blob may be damaged, and another process may delete it before it is pinned
		kept := s.Has(d, size)
		r, err := s.reader(ctx, d, size, fetch)
		if err != nil {
			return nil, err
		}
		if r == nil {
			break
		}
		stored, retry, err := storeAll(r, d, size)
		switch {
		case retry:
			continue
		case err != nil:
			return nil, err
		case !stored:
			return &Staged{digest: d, size: size, fetch: fetch}, nil
		}
		if unpin, ok := s.Pin(d); ok {
			return &Staged{store: s, digest: d, size: size, unpin: unpin, kept: kept}, nil
		}
	}
	return &Staged{digest: d, size: size, fetch: fetch}, nil
}

// storeAll reads a blob to its end and gives it its name. stored is false when the disk did not take all of it; then not all
// of it was read. retry is as in Reader.
func storeAll(r Reader, d digest.Digest, size int64) (stored, retry bool, err error) {
	defer r.Close()
	download, _ := r.(*download)
	hash := sha256.New()
	buffer := make([]byte, 64<<10)
	for n := int64(0); ; {
		read, err := r.Read(buffer)
		_, _ = hash.Write(buffer[:read])
		n += int64(read)
		switch {
		case download != nil && download.file == nil:
			return false, false, nil
		case n > size, err == io.EOF && (n != size || digest.NewDigest(digest.SHA256, hash) != d):
			return false, r.Discard(), fault.Errorf(fault.Integrity, "%s: its bytes have another digest or size", d)
		case err == io.EOF:
			if download != nil {
				download.finish()()
			}
			return true, false, nil
		case err != nil:
			return false, fault.KindOf(err) == fault.Integrity && r.Discard(), err
		}
	}
}

// Stored reports whether the blob is in the store. If not, Open opens it at its source.
func (b *Staged) Stored() bool { return b.unpin != nil }

// Open opens the blob from byte number from on, counted from 0.
func (b *Staged) Open(ctx context.Context, from int64) (io.ReadCloser, error) {
	if b.unpin == nil {
		return b.fetch(ctx, from)
	}
	f, err := b.store.Open(b.digest, b.size)
	if err != nil {
		return nil, fault.Errorf(fault.Local, "%s: the blob %s is gone: %w", b.store.options.Name, b.digest, err)
	}
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return nil, fault.Errorf(fault.Local, "%s: %w", b.store.options.Name, errors.Join(err, f.Close()))
	}
	return f, nil
}

// Close ends the use of the blob and leaves it in the store.
func (b *Staged) Close() error {
	if b.unpin != nil {
		b.unpin()
		b.unpin = func() {}
	}
	return nil
}

// Drop ends the use of the blob and deletes it, unless it was in the store before or another process uses it.
func (b *Staged) Drop() {
	stored := b.unpin != nil
	_ = b.Close()
	if stored && !b.kept {
		_ = b.store.remove(b.store.root(), blobName(b.digest))
	}
}
