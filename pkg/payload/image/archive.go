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

// What is kept of a compressed archive while it is indexed, so that manifests need no second pass.
const (
	keptFile  = 1 * mebi
	keptTotal = 32 * mebi
)

// archive is an index of a tar file: where each entry's bytes lie. The file is opened again for each read.
type archive struct {
	path    string
	packed  bool // offsets count unpacked bytes
	limits  Limits
	entries map[string]archived // by clean path
}

type archived struct {
	offset, size int64
	kept         []byte // the content, when it was kept
	link         string // the clean path of another entry
	duplicate    bool
}

// indexArchive reads a tar file once, plain or compressed.
func indexArchive(ctx context.Context, path string, limits Limits) (*archive, error) {
	f, _, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	a := &archive{path: path, limits: limits, entries: map[string]archived{}}
	plain, done, err := a.unpack(ctx, f)
	if err != nil {
		return nil, err
	}
	defer done()
	var r io.Reader = plain
	if !a.packed {
		r = f // a tar reader skips content in a file by seeking
	}
	kept := int64(0)
	err = walk(r, limits, func(number int64, header *tar.Header, content io.Reader) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		entry := archived{offset: plain.n, size: header.Size}
		if !a.packed {
			if entry.offset, err = f.Seek(0, io.SeekCurrent); err != nil {
				return localError(err)
			}
		}
		if a.packed && isRegular(header.Typeflag) && entry.size <= keptFile && kept+entry.size <= keptTotal {
			if entry.kept, err = keep(content, entry.size); err != nil {
				return err
			}
			kept += int64(len(entry.kept))
		}
		return a.add(number, header, entry)
	})
	return a, localError(err)
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

// unpack gives the tar bytes of the file from its start, and sets packed.
func (a *archive) unpack(ctx context.Context, f *os.File) (*counter, func(), error) {
	meter := progress.Begin(ctx, a.task(f))
	raw := &counter{r: canceled{ctx, progress.Reader(meter, localReader{f})}}
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

// task describes the reading of the archive's file to the progress reporter.
func (a *archive) task(f *os.File) progress.Task {
	t := progress.Task{What: filepath.Base(a.path), From: filepath.Dir(a.path)}
	if info, err := f.Stat(); err == nil {
		t.Total = info.Size()
	}
	return t
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
		return nil // folders and the like are no content
	}
	if _, twice := a.entries[name]; twice {
		entry.duplicate = true
	}
	a.entries[name] = entry
	return nil
}

// has says whether there is an entry of a name.
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
	if entry.kept != nil || entry.size == 0 {
		return io.NopCloser(bytes.NewReader(entry.kept)), entry.size, nil
	}
	f, _, err := openRegular(a.path)
	if err != nil {
		return nil, 0, err
	}
	if !a.packed {
		task := progress.Task{What: progress.Name(ctx, name), From: a.path, Total: entry.size}
		content := progress.ReadCloser(ctx, task, section{io.NewSectionReader(f, entry.offset, entry.size), f.Close})
		return content, entry.size, nil
	}
	again := &archive{path: a.path, limits: a.limits}
	plain, done, err := again.unpack(ctx, f)
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	closeBoth := func() error { done(); return f.Close() }
	if _, err := io.CopyN(io.Discard, plain, entry.offset); err != nil {
		return nil, 0, errors.Join(fmt.Errorf("%s: %w", a.path, localError(err)), closeBoth())
	}
	return section{io.LimitReader(plain, entry.size), closeBoth}, entry.size, nil
}

// section is a part of a file that is closed with it.
type section struct {
	io.Reader
	close func() error
}

func (s section) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = localError(err)
	}
	return n, err
}

func (s section) Close() error { return s.close() }

func (o Opener) openOCIArchive(ctx context.Context, ref Reference) (Image, error) {
	a, err := indexArchive(ctx, ref.Path, o.Limits)
	if err != nil {
		return nil, err
	}
	if !a.has(layoutIndex) && a.has(dockerManifest) {
		return nil, fault.Errorf(fault.Usage, "%s is a docker archive: want docker-archive:%s", ref.Path, ref.Path)
	}
	return o.openLayout(ctx, ref, a)
}
