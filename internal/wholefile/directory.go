package wholefile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// File is one file of a directory that is written.
type File struct {
	Path string // with slashes, under the directory
	Data []byte
}

// Options say how a directory is written.
type Options struct {
	// Force replaces a directory that is not empty, if Replaceable allows it.
	Force bool
	// Replaceable returns why a directory that is not empty must not be replaced, nil if it may be. Without this function no
	// such directory is replaced.
	Replaceable func(dir string) error
	// Sync writes the directory to the disk before it appears, so that it is also complete after a power failure.
	Sync bool
}

// WriteDirectory writes files into a new directory beside dir, which then takes its name. An existing directory must be empty,
// or the options must allow to replace it; its mode stays. A link to a directory is followed. Directories that killed
// processes left beside dir are deleted.
// Errors are fault.Local, except for two names that are equal on a file system that ignores case, which is
// fault.Integrity.
func WriteDirectory(ctx context.Context, dir string, files []File, o Options) error {
	return realSystem().writeDirectory(ctx, dir, files, o)
}

// system are the functions that differ between systems, or that tests let fail.
type system struct {
	write    func(root *os.Root, f File) error
	sync     func(dir string) error  // everything in a directory
	exchange func(a, b string) error // the names of two directories, in one step; or errors.ErrUnsupported
}

func realSystem() system { return system{writeFile, SyncSystem, exchange} }

func (s system) writeDirectory(ctx context.Context, to string, files []File, o Options) error {
	if err := checkCase(files, runtime.GOOS); err != nil {
		return err
	}
	d, err := s.begin(to, o)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err = context.Cause(ctx); err == nil {
			err = d.add(f)
		}
		if err != nil {
			break
		}
	}
	return d.end(ctx, err)
}

// target returns the absolute path of the directory to write. occupied means that a directory exists there; else its parent
// is made.
func target(to string, o Options) (dir string, occupied bool, err error) {
	dir, err = filepath.Abs(to)
	if err != nil {
		return "", false, err
	}
	if dir, err = follow(dir); err != nil {
		return "", false, Cause(err)
	}
	if holdsWorkingDirectory(dir) {
		return "", false, errors.New("it is the current directory or holds it, so it cannot be replaced: name a new one, such as ./release")
	}
	if occupied, err = checkTarget(dir, o); err != nil {
		return "", false, err
	}
	return dir, occupied, os.MkdirAll(filepath.Dir(dir), 0o755)
}

// holdsWorkingDirectory reports whether a directory is the working directory of this process or above it.
func holdsWorkingDirectory(dir string) bool {
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

// checkTarget reports whether there is a directory that will be replaced.
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

// checkReplaceable refuses to replace a directory that is not empty. The error names --force if that would allow it.
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
	return errNotEmpty
}

// checkRights refuses a directory that could be replaced, but not be deleted afterwards.
func checkRights(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && protected(path) {
			err = fmt.Errorf("%s is write-protected: name another directory, or run chmod u+w on it", path)
		}
		return err
	})
}

func writeFile(root *os.Root, f File) error {
	file, err := root.OpenFile(f.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, newMode)
	if err != nil {
		return err
	}
	_, err = file.Write(f.Data)
	return errors.Join(err, file.Close())
}

// checkCase refuses names that differ only in case on systems where they would be one file.
func checkCase(files []File, system string) error {
	seen := map[string]string{}
	for _, f := range files {
		if err := checkName(seen, f.Path, system); err != nil {
			return err
		}
	}
	return nil
}

// checkName refuses a path that differs only in case from one that was seen before, on systems where they would be one file. seen has
// the paths by their lower case.
func checkName(seen map[string]string, path, system string) error {
	if system != "darwin" && system != "windows" {
		return nil
	}
	folded := strings.ToLower(path)
	if other, ok := seen[folded]; ok && other != path {
		return fault.Errorf(fault.Integrity, "the files %q and %q are the same on this system, which ignores case", other, path)
	}
	seen[folded] = path
	return nil
}
