package wholefile

import (
	"errors"
	"os"
	"runtime"
	"syscall"
)

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
