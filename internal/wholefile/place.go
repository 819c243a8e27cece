package wholefile

import (
	"errors"
	"io/fs"
	"os"
)

// place gives the new directory its name, and the mode of the directory that had it. left is to be deleted then: the old
// directory, or after an error the new one; "" if there is none.
func (s system) place(fresh, dir string, occupied bool) (left string, err error) {
	if !occupied {
		if err := os.Rename(fresh, dir); err != nil {
			return fresh, Cause(err)
		}
		return "", nil
	}
	if err := keepMode(fresh, dir); err != nil {
		return fresh, Cause(err)
	}
	err = s.exchange(fresh, dir)
	if errors.Is(err, errors.ErrUnsupported) {
		return replace(fresh, dir)
	}
	if err != nil {
		return fresh, Cause(err)
	}
	return fresh, nil
}

// replace replaces a directory on systems that cannot exchange two names in one step.
func replace(fresh, dir string) (left string, err error) {
	old := fresh + oldSuffix
	if err := os.Rename(dir, old); err != nil {
		return fresh, Cause(err)
	}
	if err := os.Rename(fresh, dir); err != nil {
		return fresh, errors.Join(Cause(err), os.Rename(old, dir))
	}
	return old, nil
}

// keepMode gives the new directory the mode of the old one.
func keepMode(fresh, dir string) error {
	const bits = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky
	was, err := os.Stat(dir)
	if err != nil {
		return err
	}
	is, err := os.Stat(fresh)
	if err != nil || is.Mode()&bits == was.Mode()&bits {
		return err
	}
	return os.Chmod(fresh, was.Mode()&bits)
}
