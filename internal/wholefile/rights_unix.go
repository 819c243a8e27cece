//go:build unix

package wholefile

import (
	"io/fs"
	"os"
	"syscall"
)

// protected reports whether this process may not delete the files in a directory.
func protected(dir string) bool {
	const write, search = 2, 1 // access(2)
	return syscall.Access(dir, write|search) != nil
}

// planted reports whether a link in a directory with the sticky bit belongs to neither this user nor the directory's owner, as
// Linux does with fs.protected_symlinks.
func planted(link, directory fs.FileInfo) bool {
	of, ok := link.Sys().(*syscall.Stat_t)
	in, known := directory.Sys().(*syscall.Stat_t)
	return ok && known && directory.Mode()&fs.ModeSticky != 0 && int(of.Uid) != os.Geteuid() && of.Uid != in.Uid
}

// own reports whether a file belongs to this user.
func own(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}

// keepOwner gives a new file the owner and the group of another one, if this user may do that.
func keepOwner(file *os.File, as fs.FileInfo) {
	if stat, ok := as.Sys().(*syscall.Stat_t); ok {
		_ = file.Chown(-1, int(stat.Gid))
		_ = file.Chown(int(stat.Uid), -1)
	}
}
