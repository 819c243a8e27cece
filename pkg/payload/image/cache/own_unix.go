//go:build unix

package cache

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"
)

// mayWrite asks access(2) for leave to write.
const mayWrite = 2

// checkWritable says why nothing can be written to a folder.
func checkWritable(dir string) error {
	if err := syscall.Access(dir, mayWrite); err != nil {
		return &fs.PathError{Op: "writing to", Path: dir, Err: err}
	}
	return nil
}

// checkOwner says why others may have written a file or a folder: only this user and root can be trusted, because what
// lies there decides what a command prints. OpenShift runs containers as a random user of group 0, and what an image
// brings belongs to that group.
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
