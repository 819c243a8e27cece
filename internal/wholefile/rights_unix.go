//go:build unix

package wholefile

import (
	"io/fs"
	"os"
	"syscall"
)

// protected says whether this process may not delete what is in a folder.
func protected(dir string) bool {
	const write, search = 2, 1 // access(2)
	return syscall.Access(dir, write|search) != nil
}

// planted says whether a link in a folder with the sticky bit belongs to neither this user nor the folder's owner, as
// Linux does with fs.protected_symlinks.
func planted(link, folder fs.FileInfo) bool {
	of, ok := link.Sys().(*syscall.Stat_t)
	in, known := folder.Sys().(*syscall.Stat_t)
	return ok && known && folder.Mode()&fs.ModeSticky != 0 && int(of.Uid) != os.Geteuid() && of.Uid != in.Uid
}

// own says whether a file belongs to this user.
func own(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}

// keepOwner gives a new file the owner and the group of another one, as far as this user may.
func keepOwner(file *os.File, as fs.FileInfo) {
	if stat, ok := as.Sys().(*syscall.Stat_t); ok {
		_ = file.Chown(-1, int(stat.Gid))
		_ = file.Chown(int(stat.Uid), -1)
	}
}
