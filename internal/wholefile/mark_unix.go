//go:build linux || darwin

package wholefile

import "golang.org/x/sys/unix"

// setMark marks a directory, if the file system can do that.
func setMark(dir, mark string) { _ = unix.Setxattr(dir, markName, []byte(mark), 0) }

// readMark returns the mark of a directory, "" without one.
func readMark(dir string) string {
	buffer := make([]byte, 256)
	n, err := unix.Getxattr(dir, markName, buffer)
	if err != nil || n > len(buffer) {
		return ""
	}
	return string(buffer[:n])
}
