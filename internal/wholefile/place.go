package wholefile

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// makeBeside makes a folder with a new name beside another one: to be renamed, a folder without leave to write must not
// change its parent.
func makeBeside(dir string) (string, error) {
	parent := filepath.Dir(dir)
	name := filepath.Join(parent, "."+filepath.Base(dir)+"."+rand.Text()[:10])
	if err := os.Mkdir(name, 0o755); err != nil {
		return "", fmt.Errorf("a folder cannot be made in %s: %w", parent, cause(err))
	}
	return name, nil
}

// place gives the new folder its name, and where one stands already its mode. left is what is to be deleted then: the
// old folder, or after an error the new one; "" when there is nothing.
func (s system) place(fresh, dir string, occupied bool) (left string, err error) {
	if !occupied {
		if err := os.Rename(fresh, dir); err != nil {
			return fresh, cause(err)
		}
		return "", s.syncNames(dir)
	}
	if err := keepMode(fresh, dir); err != nil {
		return fresh, cause(err)
	}
	err = s.exchange(fresh, dir)
	if errors.Is(err, errors.ErrUnsupported) {
		return s.replace(fresh, dir)
	}
	if err != nil {
		return fresh, cause(err)
	}
	return fresh, s.syncNames(dir)
}

// replace puts a new folder in the place of another one where two names cannot be exchanged in one step.
func (s system) replace(fresh, dir string) (left string, err error) {
	old := fresh + ".old"
	if err := os.Rename(dir, old); err != nil {
		return fresh, cause(err)
	}
	if err := os.Rename(fresh, dir); err != nil {
		return fresh, errors.Join(cause(err), os.Rename(old, dir))
	}
	return old, s.syncNames(dir)
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

// syncNames brings the name of a folder to the disk. A parent that may be written and not be read is left to the system.
func (s system) syncNames(dir string) error {
	err := s.syncFolder(filepath.Dir(dir))
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	return err
}

// remove deletes a folder that this process made or may write to, whatever mode it was given.
func remove(dir string) error {
	if dir == "" {
		return nil
	}
	_ = os.Chmod(dir, 0o700)
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("%s cannot be deleted: %w", dir, err)
	}
	return nil
}
