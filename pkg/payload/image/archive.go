package image

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// The content that the index of a compressed archive has, so that reading manifests needs no second pass.
const (
	maxInlineFile  = 1 * mebi
	maxInlineTotal = 32 * mebi
)

// archive is an index of a tar file: where each entry's bytes lie. All reads share the file, each with its own offset.
type archive struct {
	path    string
	file    *os.File
	size    int64
	packed  bool // offsets count unpacked bytes
	limits  Limits
	entries map[string]archived // by clean path
}

type archived struct {
	offset, size int64
	content      []byte // of a small file in a compressed archive; else nil
	link         string // the clean path of another entry
	duplicate    bool
}

// indexArchive reads a tar file once, plain or compressed.
func indexArchive(ctx context.Context, path string, limits Limits) (*archive, error) {
	f, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	a := &archive{path: path, file: f, size: size, limits: limits, entries: map[string]archived{}}
	if err := a.index(ctx); err != nil {
		_ = a.Close()
		return nil, err
	}
	return a, nil
}

func (a *archive) Close() error { return a.file.Close() }

// bytes reads the file from its start.
func (a *archive) bytes() *io.SectionReader { return io.NewSectionReader(a.file, 0, a.size) }

func (a *archive) index(ctx context.Context) error {
	f := a.bytes()
	plain, done, err := a.unpack(ctx, f)
	if err != nil {
		return err
	}
	defer done()
	var r io.Reader = plain
	if !a.packed {
		r = f // a tar reader skips content in a file by seeking
	}
	kept := int64(0)
	err = walk(r, a.limits, func(number int64, header *tar.Header, content io.Reader) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		entry := archived{offset: plain.n, size: header.Size}
		if !a.packed {
			if entry.offset, err = f.Seek(0, io.SeekCurrent); err != nil {
				return localError(err)
			}
		}
		if a.packed && isRegular(header.Typeflag) && entry.size <= maxInlineFile && kept+entry.size <= maxInlineTotal {
			if entry.content, err = readUpTo(nil, content, entry.size); err != nil {
				return err
			}
			kept += int64(len(entry.content))
		}
		return a.add(number, header, entry)
	})
	return localError(err)
}

// counter counts the bytes that a reader gave.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// unpack reads the tar archive from its start, and sets packed.
func (a *archive) unpack(ctx context.Context, f *io.SectionReader) (*counter, func(), error) {
	meter := progress.Begin(ctx, progress.Task{What: filepath.Base(a.path), From: filepath.Dir(a.path), Total: a.size})
	raw := &counter{r: canceled{ctx, progress.Reader(meter, localReader{io.NopCloser(f)})}}
	buffered := bufio.NewReaderSize(raw, 64<<10)
	plain, closePlain, err := decompress(buffered)
	if err != nil {
		meter.End()
		return nil, nil, err
	}
	done := func() { closePlain(); meter.End() }
	if a.packed = plain != io.Reader(buffered); !a.packed {
		_, err := f.Seek(0, io.SeekStart)
		return raw, done, localError(err)
	}
	return &counter{r: &unpackLimit{r: plain, read: func() int64 { return raw.n }, ratio: a.limits.Ratio}}, done, nil
}

func (a *archive) add(number int64, header *tar.Header, entry archived) error {
	name, err := entryName(number, header)
	if err != nil {
		return err
	}
	switch header.Typeflag {
	case tar.TypeReg, '\x00':
	case tar.TypeSymlink:
		entry.link = path.Join(path.Dir(name), header.Linkname)
	case tar.TypeLink:
		entry.link = path.Clean(header.Linkname)
	default:
		return nil // no content
	}
	if _, twice := a.entries[name]; twice {
		entry.duplicate = true
	}
	a.entries[name] = entry
	return nil
}

// has reports whether there is an entry of a name.
func (a *archive) has(name string) bool {
	_, ok := a.entries[path.Clean(name)]
	return ok
}

// find follows links inside the archive.
func (a *archive) find(name string) (archived, error) {
	at := path.Clean(name)
	for range 8 {
		entry, ok := a.entries[at]
		switch {
		case !ok:
			return archived{}, fault.Errorf(fault.NotFound, "the archive has no %s: %w", name, fs.ErrNotExist)
		case entry.duplicate:
			return archived{}, fault.Errorf(fault.Integrity, "the archive has %s twice", at)
		case entry.link == "":
			return entry, nil
		}
		at = entry.link
	}
	return archived{}, fault.Errorf(fault.Integrity, "the archive's %s is a link to a link to a link", name)
}

func (a *archive) open(ctx context.Context, name string) (io.ReadCloser, int64, error) {
	entry, err := a.find(name)
	if err != nil {
		return nil, 0, err
	}
	if entry.content != nil || entry.size == 0 {
		return io.NopCloser(bytes.NewReader(entry.content)), entry.size, nil
	}
	if !a.packed {
		task := progress.Task{What: progress.Name(ctx, name), From: a.path, Total: entry.size}
		content := section{io.NewSectionReader(a.file, entry.offset, entry.size), func() {}}
		return progress.ReadCloser(ctx, task, content), entry.size, nil
	}
	again := &archive{path: a.path, size: a.size, limits: a.limits}
	plain, done, err := again.unpack(ctx, a.bytes())
	if err != nil {
		return nil, 0, err
	}
	if _, err := io.CopyN(io.Discard, plain, entry.offset); err != nil {
		done()
		return nil, 0, fmt.Errorf("%s: %w", a.path, localError(err))
	}
	return section{io.LimitReader(plain, entry.size), done}, entry.size, nil
}

// section is a part of a file; done is called when it is closed.
type section struct {
	io.Reader
	done func()
}

func (s section) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = localError(err)
	}
	return n, err
}

func (s section) Close() error {
	s.done()
	return nil
}

func (o Opener) openOCIArchive(ctx context.Context, ref Reference) (Image, error) {
	a, err := indexArchive(ctx, ref.Path, o.Limits)
	if errors.Is(err, fs.ErrNotExist) {
		parts, partsErr := indexParts(ctx, ref.Path, o.Limits)
		if partsErr != nil {
			return nil, partsErr
		}
		if len(parts) > 0 {
			return o.openLayout(ctx, ref, parts)
		}
	}
	if err != nil {
		return nil, err
	}
	if !a.has(layoutIndex) && a.has(dockerManifest) {
		_ = a.Close()
		return nil, fault.Errorf(fault.Usage, "%s is a docker archive: want docker-archive:%s", ref.Path, ref.Path)
	}
	return o.openLayout(ctx, ref, a)
}
