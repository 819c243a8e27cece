package yamlheader

import "bytes"

// Empty reports whether a document clearly has no content: only a marker, blank lines, comments and at most one null. It
// stops at the first line with content. The parser decides about a document for which Empty is false: it may be empty too.
func Empty(document []byte) bool {
	null, first := false, true
	for len(document) > 0 {
		var line []byte
		line, document = cutLine(document)
		if first && bytes.HasPrefix(line, []byte("---")) {
			line = line[3:]
			if !isTrailer(line) {
				return false
			}
		}
		first = false
		text := line[countSpaces(line):]
		if word, ok := cutNull(text); ok && !null {
			null, text = true, word
			if !isTrailer(text) {
				return false
			}
			text = text[countSpaces(text):]
		}
		if len(text) > 0 && (text[0] != '#' || !isPrintable(text)) {
			return false
		}
	}
	return true
}

// cutLine splits a text after its first line, which it returns without its line end.
func cutLine(text []byte) (line, rest []byte) {
	i := bytes.IndexByte(text, '\n')
	if i < 0 {
		return text, nil
	}
	return bytes.TrimSuffix(text[:i], []byte("\r")), text[i+1:]
}

// cutNull removes a null from the beginning of a line.
func cutNull(text []byte) (rest []byte, ok bool) {
	for _, null := range []string{"~", "null", "Null", "NULL"} {
		if rest, ok := bytes.CutPrefix(text, []byte(null)); ok {
			return rest, true
		}
	}
	return text, false
}

// isPrintable reports whether a comment is printable ASCII, so that no parser refuses it.
func isPrintable(comment []byte) bool {
	for _, c := range comment {
		if c < 0x20 || c > 0x7e {
			return false
		}
	}
	return true
}
