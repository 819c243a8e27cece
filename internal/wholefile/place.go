package wholefile

import (
	"errors"
	"io/fs"
	"os"
)

// place gives the new directory its name, and the mode of the directory that had it. left is to be deleted then: the old
// directory, or after an error the new one; "" if there is none. Without force the old directory has to be empty.
func (s system) place(fresh, dir string, occupied, force bool) (left string, err error) {
	if occupied {
		if err := keepMode(fresh, dir); err != nil {
			return fresh, Cause(err)
		}
	}
	if !occupied || !force {
		return placeFree(fresh, dir, occupied)
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

// placeFree is place for a name that is free, or occupied by an empty directory. It fails if that directory got a file meanwhile.
func placeFree(fresh, dir string, occupied bool) (left string, err error) {
	if occupied {
		err := os.Remove(dir)
		if errors.Is(err, fs.ErrExist) { // also the error for a directory that is not empty
			err = errNotEmpty
		}
		if err != nil {
			return fresh, Cause(err)
		}
	}
	if err := os.Rename(fresh, dir); err != nil {
		return fresh, Cause(err)
	}
	return "", nil
}

// errNotEmpty is the error of a directory that --force would replace.
var errNotEmpty = errors.New("it is not empty: name another directory, or replace it with --force")

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
