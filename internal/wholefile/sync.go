package wholefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// syncEach brings the files of a folder to the disk one by one, and the names of each folder behind its files.
func syncEach(dir string) error {
	var folders []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			folders = append(folders, path)
			return nil
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0) // Windows flushes what may be written alone
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
	for _, folder := range folders {
		err = errors.Join(err, syncFolder(folder))
	}
	return err
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
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil // this file system has no such thing for folders
	}
	return errors.Join(err, d.Close())
}
