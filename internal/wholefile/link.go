package wholefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// maxLinks is how many links may follow one another, as in Linux.
const maxLinks = 40

// follow returns the path to which the symbolic link at a path leads, or the path itself. It refuses a link to something
// that does not exist, and one that another user put into a directory such as /tmp.
func follow(path string) (string, error) {
	at := path
	for range maxLinks {
		info, err := os.Lstat(at)
		switch {
		case errors.Is(err, fs.ErrNotExist) && at != path:
			return "", fmt.Errorf("it is a link to %s, which does not exist", at)
		case errors.Is(err, fs.ErrNotExist):
			return at, nil
		case err != nil:
			return "", err
		case info.Mode().Type() != fs.ModeSymlink:
			return at, nil
		}
		if at, err = next(at, info); err != nil {
			return "", err
		}
	}
	return "", errors.New("too many symbolic links follow one another")
}

// next returns the target of one link.
func next(link string, info fs.FileInfo) (string, error) {
	directory, err := filepath.EvalSymlinks(filepath.Dir(link))
	if err != nil {
		return "", err
	}
	shared, err := os.Stat(directory)
	if err != nil {
		return "", err
	}
	if planted(info, shared) {
		return "", fmt.Errorf("%s is a link that another user put into a shared directory: name the target itself", link)
	}
	target, err := os.Readlink(link)
	if err != nil || filepath.IsAbs(target) {
		return target, err
	}
	return filepath.Join(directory, target), nil
}
