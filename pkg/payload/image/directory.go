package image

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// directory is an extracted payload: DIR/release-manifests and DIR/manifests, or the release's files in DIR itself.
type directory struct {
	identity Identity
	root     *os.Root
	release  string // below the root
	operator bool   // the root has a directory for the operator's manifests too
	limits   Limits
}

func (o Opener) openDirectory(ref Reference) (Image, error) {
	root, err := openRoot(ref.Path)
	if err != nil {
		return nil, err
	}
	d := &directory{identity: Identity{Reference: ref.Text, ManifestsKnown: true}, root: root, limits: o.Limits}
	if err := d.find(); err != nil {
		_ = root.Close()
		return nil, err
	}
	return d, nil
}

// find finds the release's files.
func (d *directory) find() error {
	for _, place := range []string{ReleaseDirectory, "."} {
		if info, err := d.root.Lstat(place); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return fault.Errorf(fault.Integrity, "%s is a symbolic link, want a directory", place)
		}
		_, err := d.root.Lstat(filepath.Join(place, payload.ReferencesName))
		if err == nil {
			d.release, d.operator = place, place == ReleaseDirectory
			return nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return localError(err)
		}
	}
	return fault.Errorf(fault.NotFound, "not an extracted release: the directory holds neither %s nor %s/%s", payload.ReferencesName, ReleaseDirectory, payload.ReferencesName)
}

func (d *directory) Close() error { return d.root.Close() }

func (d *directory) Identity() Identity { return d.identity }

// Config returns nil, because an extracted release has no configuration.
func (d *directory) Config(context.Context) (*Config, error) { return nil, nil }

func (d *directory) Files(ctx context.Context, want Want) (payload.Files, error) {
	r := &directoryReader{ctx: ctx, root: d.root, want: want, limits: d.limits}
	var files payload.Files
	var err error
	if files.Release, err = r.read(d.release, ReleaseDirectory); err != nil {
		return payload.Files{}, d.wrap(err)
	}
	if !want.Operator || !d.operator {
		return files, nil
	}
	if _, err := d.root.Lstat(OperatorDirectory); errors.Is(err, fs.ErrNotExist) {
		return files, nil
	}
	if files.Operator, err = r.read(OperatorDirectory, OperatorDirectory); err != nil {
		return payload.Files{}, d.wrap(err)
	}
	return files, nil
}

func (d *directory) wrap(err error) error { return fmt.Errorf("%s: %w", d.identity.Reference, err) }

// directoryReader reads one release's directories under one set of limits.
type directoryReader struct {
	ctx    context.Context
	root   *os.Root
	want   Want
	limits Limits
	count  int64
	total  total
}

// read returns the files of a directory: links and devices are refused, as in a layer, and directories in it are skipped.
func (r *directoryReader) read(dir, name string) ([]payload.File, error) {
	info, err := r.root.Lstat(dir)
	if err != nil {
		return nil, localError(err)
	}
	if !info.IsDir() {
		return nil, fault.Errorf(fault.Integrity, "%s is %s, want a directory", dir, modeName(info.Mode()))
	}
	entries, err := fs.ReadDir(r.root.FS(), filepath.ToSlash(dir))
	if err != nil {
		return nil, localError(err)
	}
	meter := progress.Begin(r.ctx, progress.Task{What: "files", From: path.Join(filepath.ToSlash(r.root.Name()), dir), Count: true, Total: int64(len(entries))})
	defer meter.End()
	var found []payload.File
	for _, entry := range entries {
		meter.Advance(1)
		if entry.IsDir() && !isMetadata(entry.Name()) {
			continue
		}
		file, err := r.file(dir, name, entry.Name())
		if err != nil {
			return nil, err
		}
		found = append(found, file)
	}
	sortFiles(found)
	return found, nil
}

func (r *directoryReader) file(dir, directory, name string) (payload.File, error) {
	if err := r.ctx.Err(); err != nil {
		return payload.File{}, err
	}
	full := filepath.Join(dir, name)
	shownName := path.Join(filepath.ToSlash(dir), name)
	info, err := r.root.Lstat(full)
	switch {
	case err != nil:
		return payload.File{}, localError(err)
	case strings.Contains(name, `\`):
		return payload.File{}, fault.Errorf(fault.Integrity, "the name %q contains a backslash", shownName)
	case !info.Mode().IsRegular():
		return payload.File{}, fault.Errorf(fault.Integrity, "%s is %s, want a file", shownName, modeName(info.Mode()))
	}
	r.count++
	if err := cmp.Or(r.limits.checkFiles(r.count), r.limits.checkFile(shownName, info.Size())); err != nil {
		return payload.File{}, err
	}
	file := payload.File{Name: name, Size: info.Size()}
	if !r.want.keeps(directory, name) {
		return file, r.total.keepEntry(r.limits, name, 0)
	}
	if err := r.total.keepEntry(r.limits, name, info.Size()); err != nil {
		return payload.File{}, err
	}
	if file.Data, err = r.content(full, shownName, info.Size()); err != nil {
		return payload.File{}, err
	}
	file.Size = int64(len(file.Data))
	return file, nil
}

// content reads a file, which must not have grown since it was counted.
func (r *directoryReader) content(full, shownName string, size int64) ([]byte, error) {
	f, err := r.root.Open(full)
	if err != nil {
		return nil, localError(err)
	}
	defer f.Close()
	data, err := readUpTo(nil, f, size+1)
	switch {
	case err != nil:
		return nil, localError(err)
	case int64(len(data)) > size:
		return nil, fault.Errorf(fault.Local, "%s grows while it is read", shownName)
	}
	return data, nil
}

func modeName(mode fs.FileMode) string {
	switch {
	case mode.IsRegular():
		return "a file"
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeSymlink != 0:
		return "a symbolic link"
	case mode&fs.ModeDevice != 0:
		return "a device"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	}
	return "of an unknown type"
}
