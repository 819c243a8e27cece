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
