package image

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/blobstore"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// blob is something stored that can be opened, with what it has to be.
type blob struct {
	name   string        // for errors: layer sha256:…
	size   int64         // of the bytes as stored
	digest digest.Digest // of them; empty: not known
	diffID digest.Digest // of the bytes unpacked; empty: not known, or not needed beside digest
	open   func(ctx context.Context) (io.ReadCloser, error)
}

// verifier passes a blob's bytes on while they arrive and knows at the end whether they are the promised ones.
type verifier struct {
	ctx    context.Context
	r      io.Reader
	size   int64
	digest digest.Digest
	hash   hash.Hash
	n      int64
	failed error // the source's own error, or the context's
}

func newVerifier(ctx context.Context, r io.Reader, b blob) *verifier {
	return &verifier{ctx: ctx, r: r, size: b.size, digest: b.digest, hash: sha256.New()}
}

// errLonger ends a blob that has more bytes than it should; finish says so in full.
var errLonger = errors.New("longer than its size")

// Read reads one byte more than the size at most.
func (v *verifier) Read(p []byte) (int, error) {
	if v.failed == nil {
		v.failed = v.ctx.Err()
	}
	if v.failed != nil {
		return 0, v.failed
	}
	left := v.size + 1 - v.n
	if left <= 0 {
		return 0, errLonger
	}
	p = p[:min(int64(len(p)), left)]
	n, err := v.r.Read(p)
	v.hash.Write(p[:n])
	v.n += int64(n)
	// Not errors.Is: a client's own error about a broken end may wrap io.EOF.
	if err != nil && err != io.EOF {
		v.failed = err
	}
	return n, err
}

// finish reads what is left and gives the verdict.
func (v *verifier) finish() error {
	if _, err := io.Copy(io.Discard, v); err != nil && v.failed == nil && !errors.Is(err, errLonger) {
		v.failed = err
	}
	switch got := digest.NewDigest(digest.SHA256, v.hash); {
	case v.failed != nil:
		return v.failed
	case v.n > v.size:
		return fault.Errorf(fault.Integrity, "it is longer than the %d bytes that its manifest says", v.size)
	case v.n < v.size:
		return fault.Errorf(fault.Integrity, "it has %d bytes, its manifest says %d", v.n, v.size)
	case v.digest != "" && got != v.digest:
		return fault.Errorf(fault.Integrity, "its bytes have the digest %s", got)
	}
	return nil
}

// read gives all bytes of a small blob, verified.
func (b blob) read(ctx context.Context) ([]byte, error) {
	if b.size > oci.MaxManifest {
		return nil, fault.Errorf(fault.Integrity, "%s: it has %d bytes, more than the %d that are read", b.name, b.size, oci.MaxManifest)
	}
	r, err := b.open(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.name, err)
	}
	defer r.Close()
	v := newVerifier(ctx, r, b)
	data, err := io.ReadAll(v)
	if verdict := settle(r, v.finish()); verdict != nil {
		return nil, fmt.Errorf("%s: %w", b.name, verdict)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.name, err)
	}
	return data, nil
}

// staleError is the error of damaged bytes from the cache, which are deleted by now.
type staleError struct{ error }

func (e staleError) Unwrap() error { return e.error }

// settle keeps a blob in its store, or discards it, depending on what verifying its bytes found.
func settle(r io.Reader, verdict error) error {
	reader, ok := r.(blobstore.Reader)
	switch {
	case !ok:
	case verdict == nil:
		reader.Commit()
	case fault.KindOf(verdict) == fault.Integrity && reader.Discard():
		return staleError{verdict}
	}
	return verdict
}

// again reads once more when the first time gave damaged bytes of the cache.
func again[T any](read func() (T, error)) (T, error) {
	value, err := read()
	if _, stale := errors.AsType[staleError](err); stale {
		return read()
	}
	return value, err
}
