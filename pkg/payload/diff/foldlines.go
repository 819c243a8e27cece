package diff

import (
	"bytes"
	"slices"
)

// foldsByLine reports whether the lines of two YAML documents show, without a parser, that only image digests and versions differ.
// That is so if each line that differs is a field or an element of a list whose value is a string wherever the line is. For other
// documents, and for those whose lines are equal, it is false.
func (f *fold) foldsByLine(old, new []byte) bool {
	if isUnusual(old) || isUnusual(new) {
		return false
	}
	differ := false
	for len(old) > 0 && len(new) > 0 {
		var before, after []byte
		before, old, _ = bytes.Cut(old, []byte("\n"))
		after, new, _ = bytes.Cut(new, []byte("\n"))
		if bytes.Equal(before, after) {
			continue
		}
		switch {
		case f.foldsLine(before, after):
			differ = true
		case !f.foldsComment(before, after):
			return false
		}
	}
	return differ && len(old) == 0 && len(new) == 0
}

// isUnusual reports whether a text may have a backslash that joins two lines of a string, or a field whose name has several lines.
func isUnusual(text []byte) bool {
	return bytes.Contains(text, []byte("\\\n")) || bytes.Contains(text, []byte("\\\r\n")) ||
		bytes.Contains(text, []byte("? ")) || bytes.Contains(text, []byte("?\n")) || bytes.Contains(text, []byte("?\r\n"))
}

// foldsLine reports whether two lines have the same field and differ only in the digests and versions of its value.
func (f *fold) foldsLine(old, new []byte) bool {
	before, oldValue := cutValue(old)
	after, newValue := cutValue(new)
	return oldValue != nil && newValue != nil && bytes.Equal(before, after) && f.normal(string(oldValue)) == f.normal(string(newValue))
}

// foldsComment reports whether two lines differ only in digests and versions and are comments, or parts of a string.
func (f *fold) foldsComment(old, new []byte) bool {
	isComment := func(line []byte) bool {
		return bytes.HasPrefix(bytes.TrimLeft(line, " "), []byte("# ")) && bytes.IndexByte(line, '\\') < 0
	}
	return isComment(old) && isComment(new) && f.normal(string(old)) == f.normal(string(new))
}

// cutValue cuts a line before the value of its field, `key: value`, or of an element of a list, `- value`. The value is nil unless it
// is surely a string, and a field that may identify an element of a list has none.
func cutValue(line []byte) (before, value []byte) {
	rest := bytes.TrimLeft(line, " ")
	isElement := false
	for bytes.HasPrefix(rest, []byte("- ")) {
		isElement = true
		rest = bytes.TrimLeft(rest[2:], " ")
	}
	if key, text, isField := bytes.Cut(rest, []byte(": ")); isField {
		if key = unquoted(key); !isSimple(key, keyCharacters) || slices.Contains(ListKeys(), string(key)) {
			return line, nil
		}
		rest = bytes.TrimLeft(text, " ")
	} else if !isElement {
		return line, nil
	}
	if !isString(rest) {
		return line, nil
	}
	return line[:len(line)-len(rest)], rest
}

// isString reports whether the value at the end of a line is a string that holds a digest or a version, for any YAML parser and
// whatever is around the line.
func isString(value []byte) bool {
	value = bytes.TrimSuffix(bytes.TrimRight(value, " \r"), []byte(","))
	text := unquoted(value)
	if len(text) < len(value) {
		text = bytes.TrimLeft(text, "-")
	}
	if !isSimple(text, valueCharacters) || bytes.Contains(text, []byte(": ")) || bytes.HasSuffix(text, []byte(":")) {
		return false
	}
	// A number has no two points, and one that is part of a digest is not at its beginning.
	return bytes.Contains(text, []byte("sha256:")) || bytes.Count(text, []byte(".")) > 1
}

// The characters, besides letters and digits, of keys and values that need no parser.
const (
	keyCharacters   = "_-./"
	valueCharacters = " _-./:@+="
)

// isSimple reports whether a text begins with a letter or digit and has only letters, digits and the others.
func isSimple(text []byte, others string) bool {
	for i, c := range text {
		if !isLetter(c) && (c < '0' || c > '9') && (i == 0 || bytes.IndexByte([]byte(others), c) < 0) {
			return false
		}
	}
	return len(text) > 0
}

// unquoted returns a text without the quotes around it.
func unquoted(text []byte) []byte {
	if n := len(text); n > 1 && (text[0] == '"' || text[0] == '\'') && text[n-1] == text[0] {
		return text[1 : n-1]
	}
	return text
}
