package diff

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/release-x/oc-release-x/pkg/payload"
)

// noFile is the name of a file that does not exist.
const noFile = "/dev/null"

// maxEdits is the number of edits of a file up to which its unified text is made of them: udiff counts the lines before each one.
const maxEdits = 5_000

// WriteUnified writes how the files that match differ, as text that `patch -p1` applies to a directory with the old ones. Files are
// sorted by name, as FilesOf returns them. It writes nothing if no file differs.
func WriteUnified(w io.Writer, old, new []payload.File, matches func(name string) bool) error {
	empty := "" // last, because patch takes their headers for a part of those that follow
	for _, p := range pairFiles(old, new) {
		if !matches(p.name()) {
			continue
		}
		if p.isEmpty() {
			empty += p.emptyFile()
			continue
		}
		text, err := p.unified()
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, empty)
	return err
}

func (p filePair) name() string { return cmp.Or(p.new, p.old).Name }

// isEmpty reports whether the file is in one of the releases, without contents.
func (p filePair) isEmpty() bool {
	return (p.old == nil || p.new == nil) && len(cmp.Or(p.new, p.old).Data) == 0
}

// labels returns the names of the file in both releases, /dev/null in one that does not have it.
func (p filePair) labels() (old, new string) {
	old, new = noFile, noFile
	if p.old != nil {
		old = label("a/" + p.old.Name)
	}
	if p.new != nil {
		new = label("b/" + p.new.Name)
	}
	return old, new
}

// unified returns the text for one file, empty if it does not differ.
func (p filePair) unified() (string, error) {
	var before, after []byte
	if p.old != nil {
		before = p.old.Data
	}
	if p.new != nil {
		after = p.new.Data
	}
	oldName, newName := p.labels()
	switch {
	case bytes.Equal(before, after):
		return "", nil
	case bytes.IndexByte(before, 0) >= 0 || bytes.IndexByte(after, 0) >= 0:
		return fmt.Sprintf("Binary files %s and %s differ\n", oldName, newName), nil
	}
	text, err := hunks(oldName, newName, string(before), string(after), udiff.DefaultContextLines)
	if err != nil {
		return "", fmt.Errorf("%s: %w", p.name(), err)
	}
	// udiff does not count the lines between two edits of a hunk.
	shift := 0
	for _, hunk := range text.Hunks {
		hunk.ToLine = hunk.FromLine + shift
		for _, line := range hunk.Lines {
			switch line.Kind {
			case udiff.Insert:
				shift++
			case udiff.Delete:
				shift--
			}
		}
	}
	return text.String(), nil
}

// emptyFile returns the text for an empty file that was added or removed, which has no lines: git's header.
func (p filePair) emptyFile() string {
	mode, index := "deleted", "e69de29..0000000"
	if p.old == nil {
		mode, index = "new", "0000000..e69de29"
	}
	return fmt.Sprintf("diff --git %s %s\n%s file mode 100644\nindex %s\n", label("a/"+p.name()), label("b/"+p.name()), mode, index)
}

// label returns a file name as patch reads it: in quotes if it has characters that end a name, and with a tab after a name with a
// blank.
func label(name string) string {
	var b strings.Builder
	quoted := false
	for i := range len(name) {
		switch c := name[i]; {
		case c == '"' || c == '\\':
			b.WriteString(`\` + string(rune(c)))
			quoted = true
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\%03o`, c)
			quoted = true
		default:
			b.WriteByte(c)
		}
	}
	switch {
	case quoted:
		return `"` + b.String() + `"`
	case strings.Contains(name, " "):
		return name + "\t"
	}
	return name
}
