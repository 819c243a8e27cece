package wholefile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"maps"
	"os"
	"slices"
)

// markName is the extended attribute of a directory that WriteDirectory or a Draft wrote. Its value is the checksum of what was written.
const markName = "user.release-x.written"

// maxMarked is the size in bytes of the largest file that may have been written.
const maxMarked = 256 << 20

// sum is the checksum of a file. It is not a cryptographic one, because it only has to find edits by the user. An attacker who can
// write the file can also write the mark.
func sum(data []byte) string {
	return fmt.Sprintf("%d %08x %08x", len(data), crc32.ChecksumIEEE(data), crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)))
}

// contents is a checksum over the names and the checksums of files.
func contents(sums map[string]string) string {
	hash := sha256.New()
	for _, path := range slices.Sorted(maps.Keys(sums)) {
		fmt.Fprintf(hash, "%q %s\n", path, sums[path])
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// Unchanged reports whether WriteDirectory or a Draft wrote a directory that has not changed since. It is false if the file system
// has no extended attributes.
func Unchanged(dir string) bool {
	mark := readMark(dir)
	if mark == "" {
		return false
	}
	sums, err := readDirectory(os.DirFS(dir))
	return err == nil && contents(sums) == mark
}

var errOther = errors.New("not written by this package")

// readDirectory returns the checksums of the files of a directory. It refuses what this package does not write: links, devices and
// empty directories.
func readDirectory(directory fs.FS) (sums map[string]string, err error) {
	sums = map[string]string{}
	err = fs.WalkDir(directory, ".", func(name string, e fs.DirEntry, err error) error {
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
		sums[name] = sum(data)
		return err
	})
	return sums, err
}
