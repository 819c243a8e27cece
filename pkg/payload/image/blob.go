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

// blob is a blob that can be opened, with what its bytes must be.
type blob struct {
	name   string        // for errors: layer sha256:…
	size   int64         // of the bytes as stored
	digest digest.Digest // of the bytes as stored; empty when unknown
	diffID digest.Digest // of the unpacked bytes; empty when unknown, or when there is a digest
	open   func(ctx context.Context) (io.ReadCloser, error)
}

// verifier reads a blob and hashes it; finish compares it with its size and digest.
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

// errLonger ends the reading of a blob with more bytes than its size; the error of finish says how many.
var errLonger = errors.New("longer than its size")

// Read reads at most one byte more than the size.
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
	// Not errors.Is, because a client's error about a broken connection may wrap io.EOF.
	if err != nil && err != io.EOF {
		v.failed = err
	}
	return n, err
}

// finish reads the rest and returns why the blob is not the expected one.
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

// read returns all bytes of a small blob, verified.
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
	if err := keepOrDiscard(r, v.finish()); err != nil {
		return nil, fmt.Errorf("%s: %w", b.name, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.name, err)
	}
	return data, nil
}

// damagedError is the error of damaged bytes from the cache, which are deleted now.
type damagedError struct{ error }

func (e damagedError) Unwrap() error { return e.error }

// keepOrDiscard keeps a blob in its store, or discards it, depending on what verifying its bytes found.
func keepOrDiscard(r io.Reader, mismatch error) error {
	reader, ok := r.(blobstore.Reader)
	switch {
	case !ok:
	case mismatch == nil:
		reader.Commit()
	case fault.KindOf(mismatch) == fault.Integrity && reader.Discard():
		return damagedError{mismatch}
	}
	return mismatch
}

// retryDamaged reads a second time if the cache had damaged bytes the first time.
func retryDamaged[T any](read func() (T, error)) (T, error) {
	value, err := read()
	if _, stale := errors.AsType[damagedError](err); stale {
		return read()
	}
	return value, err
}

// Layered is an image whose layers can all be verified, including those without files of the payload.
type Layered interface {
	// VerifyLayers reads every layer to its last byte and returns how many there are. The error is that of the first
	// layer that differs from its manifest.
	VerifyLayers(ctx context.Context) (int, error)
}

// VerifyLayers reads every layer and drops the bytes.
func (s *stored) VerifyLayers(ctx context.Context) (int, error) {
	for _, layer := range s.layers {
		if _, err := retryDamaged(func() (struct{}, error) { return struct{}{}, layer.verify(ctx) }); err != nil {
			return 0, s.wrap(err)
		}
	}
	return len(s.layers), nil
}

// verify reads a blob to its end.
func (b blob) verify(ctx context.Context) error {
	if b.digest == "" {
		return nil // only the digest of the unpacked bytes is known; reading the payload checks it
	}
	r, err := b.open(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", b.name, err)
	}
	defer r.Close()
	v := newVerifier(ctx, r, b)
	_, _ = io.Copy(io.Discard, v)
	if err := keepOrDiscard(r, v.finish()); err != nil {
		return fmt.Errorf("%s: %w", b.name, err)
	}
	return nil
}
