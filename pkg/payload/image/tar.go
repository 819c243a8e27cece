package image

import (
	"archive/tar"
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// visitor is called for each entry of a tar archive, in their order, the first with number 1. It need not read the content.
type visitor func(number int64, header *tar.Header, content io.Reader) error

// scan hashes and unpacks a layer in one pass and calls visit for its entries. When it returns nil, every byte of the blob is
// verified; after an error, discard what visit has collected. sum counts all layers.
func (b blob) scan(ctx context.Context, limits Limits, sum *total, visit visitor) error {
	r, err := b.open(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", b.name, err)
	}
	defer r.Close()
	v := newVerifier(ctx, r, b)
	err = b.unpack(v, limits, sum, visit)
	if _, limited := errors.AsType[limitError](err); !limited {
		// A wrong digest explains any other error about the bytes.
		err = cmp.Or(keepOrDiscard(r, v.finish()), err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", b.name, err)
	}
	return nil
}

func (b blob) unpack(v *verifier, limits Limits, sum *total, visit visitor) error {
	plain, closePlain, err := decompress(bufio.NewReaderSize(v, 64<<10))
	if err != nil {
		return err
	}
	defer closePlain()
	var r io.Reader = &unpackLimit{
		r: plain, read: func() int64 { return v.n }, size: limits.LayerSize, ratio: limits.Ratio,
		count: func(n int) error { return sum.unpack(limits, n) },
	}
	hash := sha256.New()
	if b.diffID != "" {
		r = io.TeeReader(r, hash)
	}
	if err := walk(r, limits, visit); err != nil {
		return err
	}
	// Bytes after the end of the tar archive are no entries, but they are part of the blob and of the gzip data.
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	if got := digest.NewDigest(digest.SHA256, hash); b.diffID != "" && got != b.diffID {
		return fault.Errorf(fault.Integrity, "its unpacked bytes have the digest %s", got)
	}
	return nil
}

// walk calls visit for the entries of a tar archive.
func walk(r io.Reader, limits Limits, visit visitor) error {
	archive := tar.NewReader(r)
	for number := int64(1); ; number++ {
		header, err := archive.Next()
		switch {
		case err == io.EOF:
			return nil
		case errors.Is(err, tar.ErrInsecurePath): // the error of the visitor says more
		case errors.Is(err, tar.ErrHeader):
			return fault.Errorf(fault.Integrity, "entry %d: no tar header: it is not a tar archive, or a broken one", number)
		case errors.Is(err, io.ErrUnexpectedEOF):
			return fault.Errorf(fault.Integrity, "entry %d: the tar archive is truncated", number)
		case err != nil:
			return tarError(number, err)
		}
		if err := cmp.Or(limits.checkFiles(number), checkSparse(number, header)); err != nil {
			return err
		}
		if err := visit(number, header, archive); errors.Is(err, io.ErrUnexpectedEOF) {
			return fault.Errorf(fault.Integrity, "entry %d: the tar archive is truncated", number)
		} else if err != nil {
			return err
		}
	}
}

// tarError sets the kind of an error of the tar reader, and does not change those of its source.
func tarError(number int64, err error) error {
	_, ofFile := errors.AsType[*fs.PathError](err)
	if ofFile || fault.KindOf(err) != fault.Internal || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fault.Errorf(fault.Integrity, "entry %d: the tar archive is broken: %w", number, err)
}

// longestName is the length in bytes of the longest path on Linux.
const longestName = 4096

// entryName returns the clean path of a tar entry, "." for the root, and refuses one that could lead out of the archive: a
// layer with such a name anywhere is hostile or broken.
func entryName(number int64, header *tar.Header) (string, error) {
	name := header.Name
	bad := func(why string) error {
		return fault.Errorf(fault.Integrity, "entry %d: the name %s %s", number, quoted(name), why)
	}
	switch {
	case name == "":
		return "", bad("is empty")
	case len(name) > longestName:
		return "", bad("is longer than any path")
	case strings.ContainsRune(name, 0):
		return "", bad("contains a NUL byte")
	case name[0] == '/' || name[0] == '\\':
		return "", bad("is absolute")
	case len(name) > 1 && isLetter(name[0]) && name[1] == ':':
		return "", bad("begins with a drive letter")
	}
	if strings.Contains(name, "..") && slices.Contains(strings.FieldsFunc(name, isSeparator), "..") {
		return "", bad("leads out of the archive")
	}
	clean := path.Clean(name)
	if clean == "." && header.Typeflag != tar.TypeDir {
		return "", bad("is a directory's")
	}
	return clean, nil
}

// isSeparator reports whether some system separates names with r.
func isSeparator(r rune) bool { return r == '/' || r == '\\' }

// typeName names what an entry is, for errors.
func typeName(kind byte) string {
	switch kind {
	case tar.TypeReg, '\x00':
		return "a file"
	case tar.TypeDir:
		return "a directory"
	case tar.TypeSymlink:
		return "a symbolic link"
	case tar.TypeLink:
		return "a hard link"
	case tar.TypeChar, tar.TypeBlock:
		return "a device"
	case tar.TypeFifo:
		return "a pipe"
	}
	return "of an unknown type"
}

func isRegular(kind byte) bool { return kind == tar.TypeReg || kind == '\x00' }

// checkSparse refuses a sparse file, which has more bytes than the limits on the archive count.
func checkSparse(number int64, header *tar.Header) error {
	sparse := header.Typeflag == tar.TypeGNUSparse
	for key := range header.PAXRecords {
		sparse = sparse || strings.HasPrefix(key, "GNU.sparse.")
	}
	if !sparse {
		return nil
	}
	return fault.Errorf(fault.Integrity, "entry %d: %s is a sparse file", number, quoted(header.Name))
}
