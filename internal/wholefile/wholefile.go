// Package wholefile writes files and directories that appear whole or not at all.
package wholefile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// newMode is the mode of a new file, less the umask.
const newMode = 0o644

// Write writes data into a new file, which then takes the name of path. A symbolic link is followed to the regular file that
// it leads to. An existing file keeps its mode, and one that has the data already is not written. Anything else at path, such
// as a device, is not touched. The file is not synced to the disk, because the program can write it again. Errors are
// fault.Local.
func Write(path string, data []byte) error {
	if err := write(path, data); err != nil {
		return fault.Errorf(fault.Local, "writing %s: %w", path, Cause(err))
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
	mode := fs.FileMode(newMode)
	if present != nil {
		mode = 0o600
	}
	temporary := filepath.Join(filepath.Dir(path), temporaryName(filepath.Base(path)))
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	if err = fill(file, data, present); err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		_ = os.Remove(temporary)
	}
	return err
}

// holds reports whether a file has exactly this content.
func holds(path string, info fs.FileInfo, data []byte) bool {
	if info.Size() != int64(len(data)) {
		return false
	}
	content, err := os.ReadFile(path)
	return err == nil && bytes.Equal(content, data)
}

// fill writes and closes a new file. The file gets the mode and, if this user may change it, the owner of the file that it
// will replace; present is nil if there is none.
func fill(file *os.File, data []byte, present fs.FileInfo) (err error) {
	if present != nil {
		keepOwner(file, present)
		err = file.Chmod(present.Mode().Perm())
	}
	if err == nil {
		_, err = file.Write(data)
	}
	return errors.Join(err, file.Close())
}

// Cause removes the name of a temporary file from an error, because users do not know that file.
func Cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}
