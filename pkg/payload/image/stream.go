package image

import (
	"archive/tar"
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// visitor is shown a tar file's entries in their order, the first with number 1. It need not read the content.
type visitor func(number int64, header *tar.Header, content io.Reader) error

// scan reads a layer in one pass: hashed, unpacked, shown to visit. When it returns nil every byte of the blob was
// verified; what visit saw before is void on an error. so counts over all layers.
func (b blob) scan(ctx context.Context, limits Limits, so *total, visit visitor) error {
	r, err := b.open(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", b.name, err)
	}
	defer r.Close()
	v := newVerifier(ctx, r, b)
	err = b.unpack(v, limits, so, visit)
	if _, beyond := errors.AsType[limitError](err); !beyond {
		// That the bytes are not the promised ones explains whatever else is wrong with them.
		err = firstError(settle(r, v.finish()), err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", b.name, err)
	}
	return nil
}

func (b blob) unpack(v *verifier, limits Limits, so *total, visit visitor) error {
	plain, closePlain, err := decompress(bufio.NewReaderSize(v, 64<<10))
	if err != nil {
		return err
	}
	defer closePlain()
	var r io.Reader = &unpackLimit{
		r: plain, read: func() int64 { return v.n }, size: limits.LayerSize, ratio: limits.Ratio,
		count: func(n int) error { return so.unpack(limits, n) },
	}
	hash := sha256.New()
	if b.diffID != "" {
		r = io.TeeReader(r, hash)
	}
	if err := walk(r, limits, visit); err != nil {
		return err
	}
	// A tar file has an end of its own. What follows is no entry, but it is part of the blob, and of the gzip data.
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	if got := digest.NewDigest(digest.SHA256, hash); b.diffID != "" && got != b.diffID {
		return fault.Errorf(fault.Integrity, "its unpacked bytes have the digest %s", got)
	}
	return nil
}

// walk shows the entries of a tar file to visit.
func walk(r io.Reader, limits Limits, visit visitor) error {
	archive := tar.NewReader(r)
	for number := int64(1); ; number++ {
		header, err := archive.Next()
		switch {
		case err == io.EOF:
			return nil
		case errors.Is(err, tar.ErrInsecurePath): // the visitor says so better
		case errors.Is(err, tar.ErrHeader):
			return fault.Errorf(fault.Integrity, "entry %d: no tar header: it is not a tar archive, or a broken one", number)
		case errors.Is(err, io.ErrUnexpectedEOF):
			return fault.Errorf(fault.Integrity, "entry %d: the tar archive is truncated", number)
		case err != nil:
			return tarError(number, err)
		}
		if err := firstError(limits.checkFiles(number), checkSparse(number, header)); err != nil {
			return err
		}
		if err := visit(number, header, archive); errors.Is(err, io.ErrUnexpectedEOF) {
			return fault.Errorf(fault.Integrity, "entry %d: the tar archive is truncated", number)
		} else if err != nil {
			return err
		}
	}
}

// tarError gives an error of the tar reader itself its kind, and leaves those of what it reads from.
func tarError(number int64, err error) error {
	_, ofFile := errors.AsType[*fs.PathError](err)
	if ofFile || fault.KindOf(err) != fault.Internal || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fault.Errorf(fault.Integrity, "entry %d: the tar archive is broken: %w", number, err)
}
