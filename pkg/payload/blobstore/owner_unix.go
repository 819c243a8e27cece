//go:build unix

package blobstore

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"
)

// accessWrite is W_OK of access(2).
const accessWrite = 2

// checkWritable returns why a directory cannot be written.
func checkWritable(dir string) error {
	if err := syscall.Access(dir, accessWrite); err != nil {
		return &fs.PathError{Op: "writing to", Path: dir, Err: err}
	}
	return nil
}

// checkOwner returns why users other than this one and root may have written a file or a directory. Group 0 counts as this
// user for its members, because OpenShift runs containers as a random user of group 0 and gives that group what is in an
// image.
func checkOwner(path string, info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case info.Mode().Perm()&0o002 != 0:
		return fmt.Errorf("%s is writable by all users (mode %04o): run chmod o-w on it", path, info.Mode().Perm())
	case ok && int(stat.Uid) != os.Geteuid() && stat.Uid != 0 && !(stat.Gid == 0 && isInGroup0()):
		return fmt.Errorf("%s belongs to user %d, and this is user %d", path, stat.Uid, os.Geteuid())
	}
	return nil
}

func isInGroup0() bool {
	if os.Getegid() == 0 {
		return true
	}
	groups, err := os.Getgroups()
	return err == nil && slices.Contains(groups, 0)
}
