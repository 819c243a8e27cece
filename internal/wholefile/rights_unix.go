//go:build unix

package wholefile

import (
	"io/fs"
	"syscall"
)

// umask is the mode bits that new files of this process lack. It can only be read by setting it.
func umask() fs.FileMode {
	mask := syscall.Umask(0o077)
	syscall.Umask(mask)
	return fs.FileMode(mask)
}

// protected says whether this process may not delete what is in a folder.
func protected(dir string) bool {
	const write, search = 2, 1 // access(2)
	return syscall.Access(dir, write|search) != nil
}
