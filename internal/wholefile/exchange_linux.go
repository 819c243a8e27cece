package wholefile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// exchange gives two folders each other's name in one step. It is errors.ErrUnsupported where the kernel, the file system or
// a filter of system calls does not support that.
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
