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

// markName is the extended attribute of a directory that WriteDirectory wrote. Its value is the checksum of what was written.
const markName = "user.release-x.written"

// maxMarked is the size in bytes of the largest file that WriteDirectory may have written.
const maxMarked = 256 << 20

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

// Unchanged reports whether WriteDirectory wrote a directory that has not changed since. It is false if the file system has no
// extended attributes.
func Unchanged(dir string) bool {
	mark := readMark(dir)
	if mark == "" {
		return false
	}
	files, err := readDirectory(os.DirFS(dir))
	return err == nil && contents(files) == mark
}

var errOther = errors.New("not written by WriteDirectory")

// readDirectory reads the files of a directory. It refuses anything that WriteDirectory does not write: links, devices and empty
// directories.
func readDirectory(directory fs.FS) ([]File, error) {
	var files []File
	err := fs.WalkDir(directory, ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir():
			entries, err := fs.ReadDir(directory, name)
			if err == nil && len(entries) == 0 {
				err = errOther
			}
			return err
		case !e.Type().IsRegular():
			return errOther
		}
		info, err := e.Info()
		if err != nil || info.Size() > maxMarked {
			return errors.Join(err, errOther)
		}
		data, err := fs.ReadFile(directory, name)
		files = append(files, File{Path: name, Data: data})
		return err
	})
	return files, err
}
