// Package wholefile writes files that appear whole or not at all.
package wholefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// Write puts data into a file: into a new one beside it first, which then takes its name. What stands there
// and is no regular file, such as a link or a device, is left alone. Errors are fault.Local.
func Write(path string, data []byte) error {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return fault.Errorf(fault.Local, "writing %s: it exists and is not a regular file", path)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Errorf(fault.Local, "writing %s: %w", path, cause(err))
	}
	// The name of the temporary file is the file's own with a suffix, made by the file system to be new.
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fault.Errorf(fault.Local, "writing %s: %w", path, cause(err))
	}
	defer os.Remove(temporary.Name())
	if err := fill(temporary, data); err != nil {
		return fault.Errorf(fault.Local, "writing %s: %w", path, cause(err))
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return fault.Errorf(fault.Local, "writing %s: %w", path, cause(err))
	}
	return nil
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

// fill writes, flushes to the disk and closes; the file gets the mode of any new file of this user.
func fill(file *os.File, data []byte) error {
	_, err := file.Write(data)
	if err == nil {
		err = file.Chmod(0o644 &^ umask())
	}
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
