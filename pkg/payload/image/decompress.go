package image

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// zstdWindow is the most memory that a zstd frame may need: that of zstd --long.
const zstdWindow = 128 * mebi

// decompress unpacks gzip and zstd, which it recognizes by their first bytes and not by a media type; other bytes are not changed.
// Its errors are fault.Integrity, except those of r, which it does not change.
func decompress(r *bufio.Reader) (io.Reader, func(), error) {
	head, err := r.Peek(4)
	if err != nil && err != io.EOF {
		return nil, nil, err
	}
	switch {
	case isGzip(head):
		return &gunzip{r: r}, func() {}, nil
	case isZstd(head), isSkippable(head):
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return nil, nil, fault.Errorf(fault.Integrity, "zstd: %w", err)
		}
		return &unzstd{z}, z.Close, nil
	}
	return r, func() {}, nil
}

func isGzip(head []byte) bool { return bytes.HasPrefix(head, []byte{0x1f, 0x8b}) }

func isZstd(head []byte) bool { return bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}) }

// isSkippable reports whether bytes begin a zstd frame without data, which may come first.
func isSkippable(head []byte) bool {
	return len(head) == 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:], []byte{0x2a, 0x4d, 0x18})
}

// gunzip reads all members of a gzip file, and refuses anything else. It reads each member by itself, because the gzip
// package accepts a file that ends within the name of a further member.
type gunzip struct {
	r      *bufio.Reader
	member *gzip.Reader // nil between members
	spare  *gzip.Reader
	began  bool
}

func (g *gunzip) Read(p []byte) (int, error) {
	for {
		if g.member == nil {
			if err := g.next(); err != nil {
				return 0, err
			}
		}
		n, err := g.member.Read(p)
		switch {
		case err == io.EOF:
			g.member = nil
			if n > 0 {
				return n, nil
			}
		case err != nil:
			return n, gzipError(err)
		case n > 0 || len(p) == 0:
			return n, nil
		}
	}
}

func (g *gunzip) next() error {
	if _, err := g.r.Peek(1); err != nil {
		return err // the end, or the source's own error
	}
	var err error
	if g.spare == nil {
		g.spare, err = gzip.NewReader(g.r)
	} else {
		err = g.spare.Reset(g.r)
	}
	if err != nil {
		if g.began && errors.Is(err, gzip.ErrHeader) {
			return fault.Errorf(fault.Integrity, "garbage after the gzip data")
		}
		if g.began && errors.Is(err, io.ErrUnexpectedEOF) {
			return fault.Errorf(fault.Integrity, "garbage after the gzip data, or the beginning of more of it")
		}
		return gzipError(err)
	}
	g.spare.Multistream(false)
	g.member, g.began = g.spare, true
	return nil
}

func gzipError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.Errorf(fault.Integrity, "gzip truncated")
	}
	return fault.Errorf(fault.Integrity, "gzip broken: %w", err)
}

type unzstd struct{ z *zstd.Decoder }

func (u *unzstd) Read(p []byte) (int, error) {
	n, err := u.z.Read(p)
	switch {
	case err == nil, err == io.EOF:
		return n, err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return n, fault.Errorf(fault.Integrity, "zstd truncated")
	}
	return n, fault.Errorf(fault.Integrity, "zstd broken: %w", err)
}
