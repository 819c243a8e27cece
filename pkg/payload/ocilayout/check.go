package ocilayout

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"sync"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// check is what a run knows about a blob.
type check struct {
	mu     sync.Mutex // is held while the blob is hashed
	known  bool
	intact bool
}

func intact() *check { return &check{known: true, intact: true} }

// stored reports whether a blob is there, intact. The first call in a run hashes it.
func (l *Layout) stored(ctx context.Context, d oci.Digest) (bool, error) {
	l.mu.Lock()
	c := l.checks[d]
	if c == nil {
		c = &check{}
		l.checks[d] = c
	}
	l.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known {
		return c.intact, nil
	}
	var err error
	c.intact, err = l.verify(ctx, d)
	c.known = err == nil
	return c.intact, err
}

// has reports whether a blob is there or in the base.
func (l *Layout) has(ctx context.Context, d oci.Descriptor) (bool, error) {
	there, err := l.stored(ctx, d.Digest)
	if there || err != nil || l.options.Base == nil {
		return there, err
	}
	left, err := l.options.Base(ctx, d)
	if left {
		l.mu.Lock()
		l.leftOut = true
		l.mu.Unlock()
	}
	return left, err
}

// verify hashes a blob, and deletes it if it is damaged.
func (l *Layout) verify(ctx context.Context, d oci.Digest) (bool, error) {
	content, err := l.storage.open(d)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, l.failed(err)
	}
	verifier := d.Verifier()
	_, err = io.CopyBuffer(verifier, canceled{ctx, content}, make([]byte, 256<<10))
	_ = content.Close()
	if err != nil {
		return false, l.failed(err)
	}
	if verifier.Verified() {
		return true, nil
	}
	l.notef("%s is damaged: the bytes of blob %s have another digest, so it is written again", l.options.Name, d)
	if err := l.storage.remove(d); err != nil {
		return false, l.failed(err)
	}
	return false, nil
}

// canceled is a reader that ends with its context.
type canceled struct {
	ctx context.Context
	r   io.Reader
}

func (c canceled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// verifier is a reader that fails at its end when it was not the blob.
type verifier struct {
	r      io.Reader
	digest oci.Digest
	left   int64 // bytes
	hash   digest.Verifier
}

func newVerifier(ctx context.Context, r io.Reader, d oci.Digest, size int64) *verifier {
	return &verifier{r: canceled{ctx, r}, digest: d, left: size, hash: d.Verifier()}
}

func (v *verifier) Read(p []byte) (int, error) {
	n, err := v.r.Read(p)
	_, _ = v.hash.Write(p[:n])
	v.left -= int64(n)
	if v.left < 0 || err == io.EOF && (v.left > 0 || !v.hash.Verified()) {
		return n, fault.Errorf(fault.Integrity, "%s: its bytes have another digest or size", v.digest)
	}
	return n, err
}

// sourceErrors keeps the error of reading, to tell it from one of writing.
type sourceErrors struct {
	content io.Reader
	err     error
}

func (s *sourceErrors) Read(p []byte) (int, error) {
	n, err := s.content.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}
