package wholefile

import (
	"errors"
	"io/fs"
	"os"
)

// place gives the new folder its name, and where one stands already its mode. left is what is to be deleted then: the
// old folder, or after an error the new one; "" when there is nothing.
func (s system) place(fresh, dir string, occupied bool) (left string, err error) {
	if !occupied {
		if err := os.Rename(fresh, dir); err != nil {
			return fresh, cause(err)
		}
		return "", nil
	}
	if err := keepMode(fresh, dir); err != nil {
		return fresh, cause(err)
	}
	err = s.exchange(fresh, dir)
	if errors.Is(err, errors.ErrUnsupported) {
		return replace(fresh, dir)
	}
	if err != nil {
		return fresh, cause(err)
	}
	return fresh, nil
}

// replace puts a new folder in the place of another one where two names cannot be exchanged in one step.
func replace(fresh, dir string) (left string, err error) {
	old := fresh + oldSuffix
	if err := os.Rename(dir, old); err != nil {
		return fresh, cause(err)
	}
	if err := os.Rename(fresh, dir); err != nil {
		return fresh, errors.Join(cause(err), os.Rename(old, dir))
	}
	return old, nil
}

// keepMode gives a new folder the mode that the owner of the old one had set.
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
