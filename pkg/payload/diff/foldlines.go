package diff

import (
	"bytes"
	"slices"
)

// foldsByLine reports whether the lines of two YAML documents show, without a parser, that only image digests and versions differ.
// That is so if each line that differs is a field or an element of a list whose value is a string wherever the line is. For other
// documents, and for those whose lines are equal, it is false.
func (f *fold) foldsByLine(old, new []byte) bool {
	brackets := hasBrackets(old) || hasBrackets(new)
	if mayHideKeys(old, brackets) || mayHideKeys(new, brackets) {
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
		case f.foldsLine(before, after, brackets):
			differ = true
		case !f.foldsComment(before, after):
			return false
		}
	}
	return differ && len(old) == 0 && len(new) == 0
}

// hasBrackets reports whether a document may have a list or an object in brackets, other than an empty one. Brackets in its texts count
// too.
func hasBrackets(text []byte) bool {
	return bytes.Count(text, []byte("{")) > bytes.Count(text, []byte("{}")) || bytes.Count(text, []byte("[")) > bytes.Count(text, []byte("[]"))
}

// mayHideKeys reports whether lines of a document may be parts of a text of several lines that is the name of a field, or that
// identifies an element of a list.
func mayHideKeys(text []byte, brackets bool) bool {
	// A backslash joins two lines of a string, and a question mark begins a field name of any form.
	if hasLineEnd(text, "\\") || hasLineEnd(text, "?") || bytes.Contains(text, []byte("? ")) || brackets && bytes.IndexByte(text, '?') >= 0 {
		return true
	}
	keyAt := -1 // the column of the key that identifies an element, on the line before
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, " \r\n")
		content := bytes.TrimLeft(line, " ")
		if len(content) == 0 {
			continue
		}
		if keyAt >= 0 && content[0] == '-' && len(line)-len(content) >= keyAt {
			return true // the line goes on with the text of the key
		}
		keyAt = -1
		for _, key := range ListKeys() {
			at, continues := findKey(line, key)
			if continues {
				return true
			}
			keyAt = max(keyAt, at)
		}
	}
	return false
}

// hasLineEnd reports whether a line ends in a text.
func hasLineEnd(text []byte, end string) bool {
	return bytes.Contains(text, []byte(end+"\n")) || bytes.Contains(text, []byte(end+"\r\n"))
}

// findKey returns the column of the last place where a line may have a field, -1 without one, and whether the value of one of them may
// go on in the next line.
func findKey(line []byte, key string) (column int, continues bool) {
	column = -1
	for from := 0; ; {
		at := bytes.Index(line[from:], []byte(key))
		if at < 0 {
			return column, false
		}
		at += from
		from = at + len(key)
		rest := bytes.TrimLeft(bytes.TrimLeft(line[from:], "\"'"), " ")
		value, isField := bytes.CutPrefix(rest, []byte(":"))
		if !isField {
			continue
		}
		column = at
		value = bytes.TrimLeft(value, " ")
		switch {
		case len(value) == 0, value[0] == '|', value[0] == '>', value[0] == '&', value[0] == '!', value[0] == '#':
			return column, true
		case value[0] == '"' || value[0] == '\'':
			if bytes.Count(value, value[:1])%2 == 1 {
				return column, true
			}
		}
	}
}

// foldsLine reports whether two lines have the same field and differ only in the digests and versions of its value.
func (f *fold) foldsLine(old, new []byte, brackets bool) bool {
	before, oldValue := cutValue(old, brackets)
	after, newValue := cutValue(new, brackets)
	return oldValue != nil && newValue != nil && bytes.Equal(before, after) && f.normal(string(oldValue)) == f.normal(string(newValue))
}

// foldsComment reports whether two lines differ only in digests and versions and are comments, or look like comments in a text.
func (f *fold) foldsComment(old, new []byte) bool {
	isComment := func(line []byte) bool {
		return bytes.HasPrefix(bytes.TrimLeft(line, " "), []byte("# ")) && bytes.IndexByte(line, '\\') < 0
	}
	return isComment(old) && isComment(new) && f.normal(string(old)) == f.normal(string(new))
}

// cutValue cuts a line before the value of its field, `key: value`, or of an element of a list, `- value`. The value is nil unless it
// is surely a string. A field that may identify an element of a list has none, and no element in a document with brackets, where such a
// line may be the rest of a text.
func cutValue(line []byte, brackets bool) (before, value []byte) {
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
	} else if !isElement || brackets {
		return line, nil
	}
	if !isDigestOrVersion(rest) {
		return line, nil
	}
	return line[:len(line)-len(rest)], rest
}

// isDigestOrVersion reports whether the value at the end of a line is a string with a digest or a version, for any YAML parser and
// whatever is around the line.
func isDigestOrVersion(value []byte) bool {
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
