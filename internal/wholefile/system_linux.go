package wholefile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// exchange gives two folders each other's name in one step. It is errors.ErrUnsupported where the kernel, the file system or
// whoever watches over system calls does not know that.
func exchange(a, b string) error {
	err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.EPERM), errors.Is(err, errors.ErrUnsupported):
		return errors.ErrUnsupported
	}
	return &os.LinkError{Op: "exchanging", Old: a, New: b, Err: err}
}

// syncAll has all that was written into a folder brought to the disk: its whole file system at once, which takes one wait
// and not one for every file.
func syncAll(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = unix.Syncfs(int(d.Fd()))
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, unix.EPERM) {
		err = syncEach(dir)
	}
	if err != nil {
		err = &os.PathError{Op: "sync", Path: dir, Err: err}
	}
	return errors.Join(err, d.Close())
}
