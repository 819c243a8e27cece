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
	"strings"
	"syscall"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// File is one file of a folder that is written.
type File struct {
	Path string // with slashes, under the folder
	Data []byte
}

// Options say how a folder is written.
type Options struct {
	// Force replaces a folder that holds something, if Replaceable allows it.
	Force bool
	// Replaceable says of a folder that holds something why it must stay, nil when it may be replaced as a whole. Without
	// this function every folder has to stay.
	Replaceable func(dir string) error
	// Sync brings the folder to the disk before it appears, so that it is whole after a power failure too.
	Sync bool
}

// WriteFolder puts files into a folder that appears whole or not at all: they are written into a new folder
// beside it, which then takes its name. What stands there must be empty, or a folder that the options allow to be replaced
// as a whole; its mode stays. A link to a folder is followed. What killed processes left beside the folder is deleted.
// Errors are fault.Local, except for two names that are equal on a file system that ignores case, which is
// fault.Integrity.
func WriteFolder(ctx context.Context, dir string, files []File, o Options) error {
	return system{writeFile, syncSystem, exchange}.writeFolder(ctx, dir, files, o)
}

// system is what differs between systems, and what tests let fail.
type system struct {
	write    func(root *os.Root, f File) error
	sync     func(dir string) error  // everything in a folder
	exchange func(a, b string) error // the names of two folders, in one step; errors.ErrUnsupported where that cannot be
}

func (s system) writeFolder(ctx context.Context, to string, files []File, o Options) error {
	if err := checkCase(files, runtime.GOOS); err != nil {
		return err
	}
	dir, occupied, err := target(to, o)
	if err != nil {
		return local(to, err)
	}
	removeLeftovers(dir, leftovers{kind: fs.ModeDir})
	fresh, unlock, err := makeBeside(dir)
	if err != nil {
		return local(to, err)
	}
	defer unlock()
	left := fresh // what is to be deleted
	err = s.fill(ctx, fresh, files)
	if err == nil && o.Sync {
		err = cause(s.sync(fresh))
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	if err == nil {
		left, err = s.place(fresh, dir, occupied)
	}
	if err = errors.Join(err, remove(left)); err == nil {
		removeLeftovers(dir, leftovers{kind: fs.ModeDir, old: true})
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	return local(to, err)
}

// target is the absolute path of the folder to write. occupied says that a folder stands there; else its parent is made.
func target(to string, o Options) (dir string, occupied bool, err error) {
	dir, err = filepath.Abs(to)
	if err != nil {
		return "", false, err
	}
	if dir, err = follow(dir); err != nil {
		return "", false, cause(err)
	}
	if holdsWorkingFolder(dir) {
		return "", false, errors.New("it is the current directory or holds it, so it cannot be replaced: name a new one, such as ./release")
	}
	if occupied, err = checkTarget(dir, o); err != nil {
		return "", false, err
	}
	return dir, occupied, os.MkdirAll(filepath.Dir(dir), 0o755)
}

// holdsWorkingFolder says whether a folder is the working folder of this process or above it.
func holdsWorkingFolder(dir string) bool {
	here, err := os.Getwd()
	if err != nil {
		return false
	}
	if real, err := filepath.EvalSymlinks(here); err == nil {
		here = real
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	return here == dir || strings.HasPrefix(here, dir+string(filepath.Separator))
}

func local(dir string, err error) error {
	if errors.Is(err, syscall.EBUSY) {
		err = errors.New("it is a mount point, so it cannot be replaced: name a directory in it")
	}
	return fault.Errorf(fault.Local, "writing the directory %s: %w", dir, err)
}

// checkTarget says whether a folder stands where the new one goes.
func checkTarget(dir string, o Options) (occupied bool, err error) {
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case !info.IsDir():
		return false, errors.New("it exists and is not a directory")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, err
	}
	if len(entries) > 0 {
		if err := checkReplaceable(dir, o); err != nil {
			return false, err
		}
	}
	return true, checkRights(dir)
}

// checkReplaceable refuses to replace a folder that holds something, and names the flag that allows it where it would.
func checkReplaceable(dir string, o Options) error {
	why := errors.New("it is not empty")
	if o.Replaceable != nil {
		why = o.Replaceable(dir)
	}
	switch {
	case o.Force:
		return why
	case why != nil:
		return errors.New("it is not empty: name another directory")
	}
	return errors.New("it is not empty: name another directory, or replace it with --force")
}

// checkRights refuses a folder that could be replaced, but not be deleted afterwards.
func checkRights(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && protected(path) {
			err = fmt.Errorf("%s is write-protected: name another directory, or run chmod u+w on it", path)
		}
		return err
	})
}

// fill writes files through a root, so that none can come to lie outside, and marks the folder as written. It ends between
// two files when ctx does.
func (s system) fill(ctx context.Context, dir string, files []File) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return cause(err)
	}
	defer root.Close()
	made := map[string]bool{".": true}
	for _, f := range files {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if folder := path.Dir(f.Path); !made[folder] {
			if err := root.MkdirAll(folder, 0o755); err != nil {
				return fmt.Errorf("%s: %w", folder, cause(err))
			}
			made[folder] = true
		}
		if err := s.write(root, f); err != nil {
			return fmt.Errorf("%s: %w", f.Path, cause(err))
		}
	}
	setMark(dir, contents(files))
	return nil
}

func writeFile(root *os.Root, f File) error {
	file, err := root.OpenFile(f.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, newMode)
	if err != nil {
		return err
	}
	_, err = file.Write(f.Data)
	return errors.Join(err, file.Close())
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
			return fault.Errorf(fault.Integrity, "the files %q and %q are the same on this system, which ignores case", other, f.Path)
		}
		seen[folded] = f.Path
	}
	return nil
}
