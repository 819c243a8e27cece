// Package archivepart names the files of an archive that is split: FILE.001, FILE.002, and so on.
package archivepart

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Name is the file of a part. Parts are counted from 1.
func Name(file string, number int) string { return fmt.Sprintf("%s.%03d", file, number) }

// Find returns the parts of an archive that are there, in their order. suffix follows the number in their names and is left out
// of the result; it is empty for complete parts.
func Find(file, suffix string) (names []string, err error) {
	entries, err := os.ReadDir(filepath.Dir(file))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		number, isPart := strings.CutPrefix(e.Name(), filepath.Base(file)+".")
		number, hasSuffix := strings.CutSuffix(number, suffix)
		if isPart && hasSuffix && isNumber(number) {
			names = append(names, file+"."+number)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) })
	return names, err
}

// isNumber reports whether a text is how Name writes a number.
func isNumber(text string) bool { return len(text) >= 3 && strings.Trim(text, "0123456789") == "" }
