package wholefile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// markName is the extended attribute of a folder that WriteFolder wrote. Its value is the checksum of what was written.
const markName = "user.release-x.written"

// mostMarked is the size above which a file was surely not written by WriteFolder.
const mostMarked = 256 << 20

// contents is a checksum over the names and the bytes of files.
func contents(files []File) string {
	sorted := slices.SortedFunc(slices.Values(files), func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	hash := sha256.New()
	for _, f := range sorted {
		fmt.Fprintf(hash, "%q %d\n", f.Path, len(f.Data))
		_, _ = hash.Write(f.Data)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// Unchanged reports whether WriteFolder wrote a folder that has not changed since. It is false where the file system keeps
// no extended attributes.
func Unchanged(dir string) bool {
	mark := readMark(dir)
	if mark == "" {
		return false
	}
	files, err := readFolder(os.DirFS(dir))
	return err == nil && contents(files) == mark
}

var errOther = errors.New("not written by WriteFolder")

// readFolder reads back what WriteFolder writes, and nothing else: regular files, and folders that hold something.
func readFolder(folder fs.FS) ([]File, error) {
	var files []File
	err := fs.WalkDir(folder, ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir():
			entries, err := fs.ReadDir(folder, name)
			if err == nil && len(entries) == 0 {
				err = errOther
			}
			return err
		case !e.Type().IsRegular():
			return errOther
		}
		info, err := e.Info()
		if err != nil || info.Size() > mostMarked {
			return errors.Join(err, errOther)
		}
		data, err := fs.ReadFile(folder, name)
		files = append(files, File{Path: name, Data: data})
		return err
	})
	return files, err
}
