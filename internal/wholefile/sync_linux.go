package wholefile

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncSystem brings everything to the disk that was written to the file system of a folder.
func syncSystem(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return os.NewSyscallError("syncfs", unix.Syncfs(int(d.Fd())))
}
