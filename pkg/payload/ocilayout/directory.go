package ocilayout

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/gofrs/flock"

	"github.com/release-x/oc-release-x/internal/wholefile"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

const (
	blobDirectory = "blobs/sha256"
	partialSuffix = ".partial" // of a blob that is being written; its name begins with a dot
)

// directory is a layout in a directory.
type directory struct {
	dir  string
	root *os.Root
	busy *flock.Flock // shared by the processes that write into the directory
	made bool         // the directory was made for this layout
}

// OpenDirectory opens a layout to add to it, or makes a new one. A directory that has other contents, and an index.json that
// cannot be read, are refused. Errors are fault.Local and fault.Integrity.
func OpenDirectory(dir string, o Options) (*Layout, error) {
	d, text, err := openDirectory(dir)
	if err != nil {
		if fault.KindOf(err) == fault.Internal {
			err = fault.Errorf(fault.Local, "%s: %w", o.Name, err)
		}
		return nil, err
	}
	x, err := parseIndex(text)
	if err != nil {
		_ = d.close()
		return nil, fmt.Errorf("%s: %w", o.Name, err)
	}
	return newLayout(o, d, x), nil
}

func openDirectory(dir string) (d *directory, index []byte, err error) {
	_, err = os.Stat(dir)
	made := errors.Is(err, fs.ErrNotExist)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	d = &directory{dir: dir, root: root, made: made}
	if index, err = d.read(indexName); err == nil && index == nil {
		err = checkEmpty(dir)
	}
	if err == nil {
		err = root.MkdirAll(blobDirectory, 0o755)
	}
	if err != nil {
		_ = root.Close()
		return nil, nil, err
	}
	d.lock()
	return d, index, nil
}

// checkEmpty refuses a directory without index.json that has other files than those of a layout that is being written.
func checkEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch e.Name() {
		case path.Dir(blobDirectory), layoutName, signatureDirectory:
		case "lost+found": // of a file system of its own
		default:
			return fault.Errorf(fault.Local, "%s is not an OCI layout, and it is not empty: it has %q", dir, e.Name())
		}
	}
	return nil
}

// lock marks the directory as in use, and deletes what killed processes left if no other process uses it. Some file systems have
// no locks; leftovers stay there.
func (d *directory) lock() {
	d.busy = flock.New(filepath.Join(d.dir, filepath.FromSlash(blobDirectory)), flock.SetFlag(os.O_RDONLY))
	if alone, err := d.busy.TryLock(); alone && err == nil {
		d.removeLeftovers()
		_ = d.busy.Unlock()
	}
	_ = d.busy.RLock()
}

func (d *directory) removeLeftovers() {
	entries, err := fs.ReadDir(d.root.FS(), blobDirectory)
	if err != nil {
		return
	}
	for _, e := range entries {
		if isTemporary(e.Name()) && e.Type().IsRegular() {
			_ = d.root.Remove(path.Join(blobDirectory, e.Name()))
		}
	}
}

func isTemporary(name string) bool {
	return strings.HasPrefix(name, ".") && strings.HasSuffix(name, partialSuffix)
}

func (d *directory) open(blob oci.Digest) (io.ReadCloser, error) {
	file, err := d.openRegular(blobName(blob))
	if errors.Is(err, errNotRegular) {
		err = fmt.Errorf("%w: delete it, and run the command again", err)
	}
	if err != nil {
		return nil, err
	}
	return file, nil
}

var errNotRegular = errors.New("is not a regular file")

// openRegular opens a regular file. A link could lead anywhere, and opening a pipe would wait for its writer.
func (d *directory) openRegular(name string) (*os.File, error) {
	info, err := d.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s %w", name, errNotRegular)
	}
	return d.root.Open(name)
}

// read reads a small file, nil if there is none.
func (d *directory) read(name string) ([]byte, error) {
	file, err := d.openRegular(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, oci.MaxManifest+1))
}

func (d *directory) write(_ context.Context, blob oci.Digest, _ int64, content io.Reader) error {
	return d.place(blobName(blob), content, false)
}

// place writes a file, which gets its name when all of content is in it. Until then it lies among the blobs, where
// removeLeftovers finds it.
func (d *directory) place(name string, content io.Reader, sync bool) error {
	temporary := path.Join(blobDirectory, "."+path.Base(name)+"."+rand.Text()[:8]+partialSuffix)
	file, err := d.root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err == nil {
		_, err = io.CopyBuffer(struct{ io.Writer }{file}, content, make([]byte, 256<<10))
		if err == nil && sync {
			err = file.Sync()
		}
		if err = errors.Join(err, file.Close()); err == nil {
			err = d.root.Rename(temporary, name)
		}
		if err != nil {
			_ = d.root.Remove(temporary)
		}
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, wholefile.Cause(err))
	}
	return nil
}

func (d *directory) remove(blob oci.Digest) error { return d.root.Remove(blobName(blob)) }

// commit writes the index under a lock of the directory itself.
func (d *directory) commit(_ context.Context, update func(now []byte) ([]byte, error)) error {
	if err := wholefile.SyncSystem(d.dir); err != nil {
		return err
	}
	lock := flock.New(d.dir, flock.SetFlag(os.O_RDONLY))
	_ = lock.Lock()
	defer lock.Close()
	now, err := d.read(indexName)
	if err != nil {
		return err
	}
	index, err := update(now)
	if err != nil {
		return err
	}
	if _, err := d.put(layoutName, []byte(layoutText)); err != nil {
		return err
	}
	if bytes.Equal(index, now) {
		return nil
	}
	if err := d.place(indexName, bytes.NewReader(index), true); err != nil {
		return err
	}
	return d.syncNames()
}

// syncNames syncs the names of the layout's own files, on systems that do that.
func (d *directory) syncNames() error {
	if runtime.GOOS == "windows" {
		return nil
	}
	file, err := d.root.Open(".")
	if err != nil {
		return err
	}
	err = file.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, file.Close())
}

// put writes a small file of the layout, unless it is there already.
func (d *directory) put(name string, data []byte) (changed bool, err error) {
	if err := d.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return false, err
	}
	if now, err := d.read(name); err != nil || bytes.Equal(now, data) {
		return false, err
	}
	return true, d.place(name, bytes.NewReader(data), true)
}

func (d *directory) close() error {
	_ = d.busy.Close()
	if d.made { // remove the directories if nothing was written
		_ = d.root.Remove(blobDirectory)
		_ = d.root.Remove(path.Dir(blobDirectory))
		_ = os.Remove(d.dir)
	}
	return d.root.Close()
}
