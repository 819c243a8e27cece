package wholefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// AddFiles writes files below a directory, each as Write does. It makes directories that are missing, and leaves other files alone.
func AddFiles(dir string, files []File) error {
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return local(filepath.Dir(path), Cause(err))
		}
		if err := Write(path, f.Data); err != nil {
			return err
		}
	}
	return nil
}

// CheckAddFiles finds out whether AddFiles can write files with these paths, before their contents are known. It leaves nothing
// behind. Errors are fault.Local.
func CheckAddFiles(dir string, paths ...string) error {
	checked := map[string]bool{}
	for _, path := range paths {
		path = filepath.Join(dir, filepath.FromSlash(path))
		target, err := follow(path)
		if err == nil {
			err = checkRegular(target)
		}
		if err != nil {
			return fault.Errorf(fault.Local, "writing %s: %w", path, Cause(err))
		}
		above, err := existing(filepath.Dir(target))
		if err == nil && !checked[above] {
			checked[above] = true
			err = tryWriting(above)
		}
		if err != nil {
			return local(filepath.Dir(path), Cause(err))
		}
	}
	return nil
}

// checkRegular refuses what is at a path, unless it is a regular file or nothing.
func checkRegular(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("it exists and is not a regular file")
	}
	return nil
}

// existing returns a directory, or the nearest one above it that exists.
func existing(dir string) (string, error) {
	for {
		info, err := os.Stat(dir)
		switch {
		case err == nil && !info.IsDir():
			return "", errors.New(dir + " is not a directory")
		case err == nil:
			return dir, nil
		case !errors.Is(err, fs.ErrNotExist) || filepath.Dir(dir) == dir:
			return "", err
		}
		if _, err := os.Lstat(dir); err == nil {
			return "", errors.New(dir + " is a link to what does not exist")
		}
		dir = filepath.Dir(dir)
	}
}

// tryWriting makes a file in a directory, and removes it.
func tryWriting(dir string) error {
	file, err := os.OpenFile(filepath.Join(dir, temporaryName("test")), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}
