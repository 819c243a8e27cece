package wholefile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// exchange exchanges the names of two directories in one step. The error is errors.ErrUnsupported if the kernel, the file
// system or a filter of system calls does not allow that.
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
