// Package wholefile writes files and folders that appear whole or not at all.
package wholefile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// newMode is the mode of a new file, less the umask.
const newMode = 0o644

// Write puts data into a file: into a new one beside it first, which then takes its name. A symbolic link is followed
// to the regular file that it leads to. An existing file keeps its mode, and one that holds data already is not touched.
// What killed processes left beside the file is deleted.
// Anything else that stands there, such as a device, is left alone. Errors are fault.Local.
func Write(path string, data []byte) error {
	if err := write(path, data); err != nil {
		return fault.Errorf(fault.Local, "writing %s: %w", path, cause(err))
	}
	return nil
}

func write(path string, data []byte) error {
	path, err := follow(path)
	if err != nil {
		return err
	}
	present, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		present = nil
	case err != nil:
		return err
	case !present.Mode().IsRegular():
		return errors.New("it exists and is not a regular file")
	case holds(path, present, data):
		return nil
	}
	removeLeftovers(path, leftovers{})
	mode := fs.FileMode(newMode)
	if present != nil {
		mode = 0o600
	}
	file, unlock, err := createBeside(path, mode)
	if err != nil {
		return err
	}
	defer unlock()
	temporary := file.Name()
	if err := fill(file, data, present); err != nil {
		_ = os.Remove(temporary)
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		_ = os.Remove(temporary)
		return err
	}
	return nil
}

// holds says whether a file has exactly this content.
func holds(path string, info fs.FileInfo, data []byte) bool {
	if info.Size() != int64(len(data)) {
		return false
	}
	content, err := os.ReadFile(path)
	return err == nil && bytes.Equal(content, data)
}

// fill writes a new file to the disk and closes it. It gets the mode and, where this user may give it away, the owner of the
// file that it will replace; present is nil when there is none.
func fill(file *os.File, data []byte, present fs.FileInfo) (err error) {
	if present != nil {
		keepOwner(file, present)
		err = file.Chmod(present.Mode().Perm())
	}
	if err == nil {
		_, err = file.Write(data)
	}
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// cause leaves out of an error the name of the temporary file, which says nothing to anybody.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}
