package wholefile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sync/errgroup"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// File is one file of a folder that is written.
type File struct {
	Path string // with slashes, under the folder
	Data []byte
}

// WriteFolder puts files into a folder that appears whole or not at all: they are written into a new folder
// beside it, brought to the disk, and the new folder then takes its name. What stands there must be empty, or a folder
// that replaceable allows to be replaced as a whole (nil allows none); its mode stays. Errors are fault.Local, but for
// two names that are one on a file system that knows no upper and lower case, which is fault.Integrity.
func WriteFolder(ctx context.Context, dir string, files []File, replaceable func(dir string) error) error {
	return system{(*os.File).Sync, syncFolder, exchange}.writeFolder(ctx, dir, files, replaceable)
}

// writers is how many files are brought to the disk at a time: a journal takes in one go what waits together.
const writers = 64

// system is what differs between systems, and what tests let fail.
type system struct {
	sync       func(*os.File) error    // what was written into a file
	syncFolder func(dir string) error  // the names in a folder
	exchange   func(a, b string) error // the names of two folders, in one step; errors.ErrUnsupported where that cannot be
}

func (s system) writeFolder(ctx context.Context, dir string, files []File, replaceable func(dir string) error) error {
	if err := checkCase(files, runtime.GOOS); err != nil {
		return err
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return local(dir, err)
	}
	if here, err := os.Getwd(); err == nil && (here == dir || strings.HasPrefix(here, dir+string(filepath.Separator))) {
		return local(dir, errors.New("it is the working folder or holds it, and cannot appear as a whole: name a new one, such as ./release"))
	}
	occupied, err := checkTarget(dir, replaceable)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return local(dir, err)
	}
	fresh, err := makeBeside(dir)
	if err != nil {
		return local(dir, err)
	}
	left := fresh // what is to be deleted
	err = s.fill(ctx, fresh, files)
	if err == nil {
		err = context.Cause(ctx)
	}
	if err == nil {
		left, err = s.place(fresh, dir, occupied)
	}
	if err = errors.Join(err, remove(left)); err == nil || ctx.Err() != nil {
		return err
	}
	return local(dir, err)
}

func local(dir string, err error) error {
	if errors.Is(err, syscall.EBUSY) {
		err = errors.New("it is a mount point and cannot appear as a whole: name a folder in it")
	}
	return fault.Errorf(fault.Local, "writing the folder %s: %w", dir, err)
}

// checkTarget says whether a folder stands where the new one goes.
func checkTarget(dir string, replaceable func(string) error) (occupied bool, err error) {
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, local(dir, err)
	case !info.IsDir():
		return false, local(dir, errors.New("it exists and is not a folder"))
	}
	entries, err := os.ReadDir(dir)
	switch {
	case err != nil:
		return false, local(dir, err)
	case len(entries) > 0 && replaceable == nil:
		return false, local(dir, errors.New("it is not empty: name another folder, or replace it with --force"))
	case len(entries) > 0:
		if err := replaceable(dir); err != nil {
			return false, local(dir, err)
		}
	}
	if err := checkRights(dir); err != nil {
		return false, local(dir, err)
	}
	return true, nil
}

// checkRights refuses a folder that could be replaced, but not be deleted afterwards.
func checkRights(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && protected(path) {
			err = fmt.Errorf("%s is write-protected: name another folder, or chmod u+w it", path)
		}
		return err
	})
}

// fill writes files through a root, so that none can come to lie outside, and brings them and their names to the disk. It
// waits for its own files alone, and ends between two of them when ctx does: what ends a program does not wait for long.
func (s system) fill(ctx context.Context, dir string, files []File) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return cause(err)
	}
	defer root.Close()
	folders, err := makeFolders(root, files)
	if err != nil {
		return err
	}
	group, working := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for _, f := range files {
		group.Go(func() error {
			if err := context.Cause(working); err != nil {
				return err
			}
			return s.write(root, f)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, folder := range folders {
		if err := s.syncFolder(filepath.Join(dir, filepath.FromSlash(folder))); err != nil {
			return cause(err)
		}
	}
	return nil
}

// makeFolders makes the folders of files and lists them, the root too.
func makeFolders(root *os.Root, files []File) ([]string, error) {
	folders := []string{"."}
	for _, f := range files {
		folder := path.Dir(f.Path)
		if slices.Contains(folders, folder) {
			continue
		}
		if err := root.MkdirAll(folder, 0o755); err != nil {
			return nil, fmt.Errorf("%s: %w", folder, cause(err))
		}
		for ; !slices.Contains(folders, folder); folder = path.Dir(folder) {
			folders = append(folders, folder)
		}
	}
	return folders, nil
}

// write makes a file that lies on the disk.
func (s system) write(root *os.Root, f File) error {
	file, err := root.OpenFile(f.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Path, cause(err))
	}
	_, err = file.Write(f.Data)
	if err == nil {
		err = s.sync(file)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("%s: %w", f.Path, cause(err))
	}
	return nil
}

// checkCase refuses names that differ in upper and lower case alone where they would be one file.
func checkCase(files []File, system string) error {
	if system != "darwin" && system != "windows" {
		return nil
	}
	seen := map[string]string{}
	for _, f := range files {
		folded := strings.ToLower(f.Path)
		if other, ok := seen[folded]; ok {
			return fault.Errorf(fault.Integrity, "the files %q and %q are one on this system, which knows no upper and lower case", other, f.Path)
		}
		seen[folded] = f.Path
	}
	return nil
}
