package wholefile

import (
	"os"

	"golang.org/x/sys/unix"
)

// SyncSystem syncs the file system of a directory to the disk.
func SyncSystem(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return os.NewSyscallError("syncfs", unix.Syncfs(int(d.Fd())))
}
