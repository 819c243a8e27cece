package image

import (
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

// folder is an extracted payload: DIR/release-manifests and DIR/manifests, or the release's files in DIR itself.
type folder struct {
	identity Identity
	dir      string
	release  string // below dir
	operator bool   // dir has a folder for the operator's manifests too
	limits   Limits
}

func (o Opener) openFolder(ref Reference) (Image, error) {
	root, err := openRoot(ref.Path)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f := &folder{
		identity: Identity{Reference: ref.Text, ManifestsKnown: true},
		dir:      ref.Path, limits: o.Limits,
	}
	for _, place := range []string{ReleaseFolder, "."} {
		if info, err := root.Lstat(place); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return nil, fault.Errorf(fault.Integrity, "%s is a symbolic link, want a directory", place)
		}
		_, err := root.Lstat(filepath.Join(place, payload.ReferencesName))
		if err == nil {
			f.release, f.operator = place, place == ReleaseFolder
			return f, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, localError(err)
		}
	}
	return nil, fault.Errorf(fault.NotFound, "not an extracted release: the directory holds neither %s nor %s/%s", payload.ReferencesName, ReleaseFolder, payload.ReferencesName)
}

func (f *folder) Identity() Identity { return f.identity }

// Config gives nil: what oc extracts has no configuration.
func (f *folder) Config(context.Context) (*Config, error) { return nil, nil }

func (f *folder) Files(ctx context.Context, want Want) (payload.Files, error) {
	root, err := openRoot(f.dir)
	if err != nil {
		return payload.Files{}, f.wrap(err)
	}
	defer root.Close()
	r := &folderReader{ctx: ctx, root: root, want: want, limits: f.limits}
	var files payload.Files
	if files.Release, err = r.read(f.release, ReleaseFolder); err != nil {
		return payload.Files{}, f.wrap(err)
	}
	if !want.Operator || !f.operator {
		return files, nil
	}
	if _, err := root.Lstat(OperatorFolder); errors.Is(err, fs.ErrNotExist) {
		return files, nil
	}
	if files.Operator, err = r.read(OperatorFolder, OperatorFolder); err != nil {
		return payload.Files{}, f.wrap(err)
	}
	return files, nil
}

func (f *folder) wrap(err error) error { return fmt.Errorf("%s: %w", f.identity.Reference, err) }

// folderReader reads one release's folders under one set of limits.
type folderReader struct {
	ctx    context.Context
	root   *os.Root
	want   Want
	limits Limits
	count  int64
	total  total
}

// read gives the files of a folder: links and devices are refused, as in a layer, and folders in it are skipped.
func (r *folderReader) read(dir, name string) ([]payload.File, error) {
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

func (r *folderReader) file(dir, folder, name string) (payload.File, error) {
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
	if err := firstError(r.limits.checkFiles(r.count), r.limits.checkFile(shownName, info.Size())); err != nil {
		return payload.File{}, err
	}
	file := payload.File{Name: name, Size: info.Size()}
	if !r.want.keeps(folder, name) {
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
func (r *folderReader) content(full, shownName string, size int64) ([]byte, error) {
	f, err := r.root.Open(full)
	if err != nil {
		return nil, localError(err)
	}
	defer f.Close()
	data, err := keep(f, size+1)
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
