package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// localError sets the kind of an error of the file system that has none.
func localError(err error) error {
	switch {
	case err == nil, fault.KindOf(err) != fault.Internal, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return fault.Errorf(fault.NotFound, "%w", err)
	}
	return fault.Errorf(fault.Local, "%w", err)
}

// localReader sets the kind of the errors of a file.
type localReader struct{ io.ReadCloser }

func (r localReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = localError(err)
	}
	return n, err
}

// dirFiles are the regular files below a directory; no link leads out of it.
type dirFiles struct {
	dir  string
	root *os.Root
}

func openDirFiles(dir string) (dirFiles, error) {
	root, err := openRoot(dir)
	return dirFiles{dir, root}, err
}

func (d dirFiles) Close() error { return d.root.Close() }

func (d dirFiles) open(ctx context.Context, name string) (io.ReadCloser, int64, error) {
	name = filepath.FromSlash(name)
	// Checked before it is opened, because opening a pipe waits for its writer.
	info, err := d.root.Stat(name)
	if err != nil {
		return nil, 0, localError(err)
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fault.Errorf(fault.Integrity, "%s is not a regular file", filepath.Join(d.dir, name))
	}
	f, err := d.root.Open(name)
	if err != nil {
		return nil, 0, localError(err)
	}
	task := progress.Task{What: progress.Name(ctx, filepath.ToSlash(name)), From: d.dir, Total: info.Size()}
	return localReader{progress.ReadCloser(ctx, task, f)}, info.Size(), nil
}

// openRoot opens a directory. The error for a file names the form of reference for files.
func openRoot(dir string) (*os.Root, error) {
	info, err := os.Stat(dir)
	if err != nil {
		// Without fs.ErrNotExist in its chain, because the directory is missing, and not a file in it.
		return nil, fault.Errorf(fault.KindOf(localError(err)), "%s", err)
	}
	if !info.IsDir() {
		return nil, fault.Errorf(fault.Usage, "%s is not a directory: an archive is oci-archive:FILE or docker-archive:FILE, an image-references file file:FILE", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, localError(err)
	}
	return root, nil
}

// openRegular opens a file that can be read more than once.
func openRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, localError(err)
	}
	switch {
	case info.IsDir():
		return nil, 0, fault.Errorf(fault.Usage, "%s is a directory: an OCI layout is oci:DIR, an extracted release dir:DIR", path)
	case !info.Mode().IsRegular():
		return nil, 0, fault.Errorf(fault.Usage, "%s is not a regular file: an archive is read more than once", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, localError(err)
	}
	return f, info.Size(), nil
}

// canceled is a reader that ends with its context.
type canceled struct {
	ctx context.Context
	r   io.Reader
}

func (c canceled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, fmt.Errorf("stopped: %w", err)
	}
	return c.r.Read(p)
}
