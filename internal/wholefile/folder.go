package wholefile

import (
	"context"
	"errors"
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

// WriteFolder puts files into a folder that appears whole or not at all: they are written into a new folder
// beside it, which then takes its name. What stands there must be empty, or a folder that replaceable allows to
// be replaced as a whole (nil allows none). Errors are fault.Local, but for two names that are one on a file
// system that knows no upper and lower case, which is fault.Integrity.
func WriteFolder(ctx context.Context, dir string, files []File, replaceable func(dir string) error) error {
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
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return local(dir, err)
	}
	temporary, err := os.MkdirTemp(parent, "."+filepath.Base(dir)+".*")
	if err != nil {
		return local(dir, err)
	}
	defer os.RemoveAll(temporary)
	fresh := filepath.Join(temporary, "new")
	if err := fillFolder(ctx, fresh, files); err != nil {
		if ctx.Err() != nil {
			return err
		}
		return local(dir, err)
	}
	if occupied {
		if info, err := os.Stat(dir); err == nil {
			_ = os.Chmod(fresh, info.Mode().Perm()) // as its owner had set it
		}
		if err := os.Rename(dir, filepath.Join(temporary, "old")); err != nil {
			return local(dir, err)
		}
	}
	if err := os.Rename(fresh, dir); err != nil {
		if occupied {
			err = errors.Join(err, os.Rename(filepath.Join(temporary, "old"), dir))
		}
		return local(dir, err)
	}
	return nil
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
	if err != nil {
		return false, local(dir, err)
	}
	if len(entries) == 0 {
		return true, nil
	}
	if replaceable == nil {
		return false, local(dir, errors.New("it is not empty: name another folder, or replace it with --force"))
	}
	if err := replaceable(dir); err != nil {
		return false, local(dir, err)
	}
	return true, nil
}

// fillFolder writes files through a root, so that none can come to lie outside.
func fillFolder(ctx context.Context, dir string, files []File) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, f := range files {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if folder := path.Dir(f.Path); folder != "." {
			if err := root.MkdirAll(folder, 0o755); err != nil {
				return err
			}
		}
		if err := root.WriteFile(f.Path, f.Data, 0o644); err != nil {
			return err
		}
	}
	return syncFolder(dir)
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

// syncFolder has a folder's names written to the disk where the system can do that.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
