package image

import (
	"archive/tar"
	"path"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// longestName is what Linux gives a path.
const longestName = 4096

// entryName gives the clean path of a tar entry, "." for the root, and refuses one that could mean another place: a layer
// that holds such a name is hostile or broken as a whole, wherever in it the name stands.
func entryName(number int64, header *tar.Header) (string, error) {
	name := header.Name
	bad := func(why string) error {
		return fault.Errorf(fault.Integrity, "entry %d: the name %s %s", number, quoted(name), why)
	}
	switch {
	case name == "":
		return "", bad("is empty")
	case len(name) > longestName:
		return "", bad("is longer than any path")
	case strings.ContainsRune(name, 0):
		return "", bad("contains a NUL byte")
	case name[0] == '/' || name[0] == '\\':
		return "", bad("is absolute")
	case len(name) > 1 && isLetter(name[0]) && name[1] == ':':
		return "", bad("begins with a drive letter")
	}
	if strings.Contains(name, "..") && slices.Contains(strings.FieldsFunc(name, isSeparator), "..") {
		return "", bad("leads out of the archive")
	}
	clean := path.Clean(name)
	if clean == "." && header.Typeflag != tar.TypeDir {
		return "", bad("is a directory's")
	}
	return clean, nil
}

// isSeparator splits names as every system does that may unpack them.
func isSeparator(r rune) bool { return r == '/' || r == '\\' }

// typeName names what an entry is, for errors.
func typeName(kind byte) string {
	switch kind {
	case tar.TypeReg, '\x00':
		return "a file"
	case tar.TypeDir:
		return "a directory"
	case tar.TypeSymlink:
		return "a symbolic link"
	case tar.TypeLink:
		return "a hard link"
	case tar.TypeChar, tar.TypeBlock:
		return "a device"
	case tar.TypeFifo:
		return "a pipe"
	}
	return "of an unknown type"
}

func isRegular(kind byte) bool { return kind == tar.TypeReg || kind == '\x00' }

// checkSparse refuses a file whose holes are not in the archive: it reads as more bytes than any limit on the archive sees.
func checkSparse(number int64, header *tar.Header) error {
	sparse := header.Typeflag == tar.TypeGNUSparse
	for key := range header.PAXRecords {
		sparse = sparse || strings.HasPrefix(key, "GNU.sparse.")
	}
	if !sparse {
		return nil
	}
	return fault.Errorf(fault.Integrity, "entry %d: %s is a sparse file", number, quoted(header.Name))
}
