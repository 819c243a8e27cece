package manifest

import "bytes"

// holdsNothing says of a document, without a parser, that it holds nothing: a marker, blank lines, comments and at most
// one null. It looks no further than the first line that holds something. A false says nothing: what is written in
// another way is left to the parser.
func holdsNothing(document []byte) bool {
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

// cutLine takes a line from a text, without what ends it.
func cutLine(text []byte) (line, rest []byte) {
	i := bytes.IndexByte(text, '\n')
	if i < 0 {
		return text, nil
	}
	return bytes.TrimSuffix(text[:i], []byte("\r")), text[i+1:]
}

// cutNull takes a null from the beginning of a line.
func cutNull(text []byte) (rest []byte, ok bool) {
	for _, null := range []string{"~", "null", "Null", "NULL"} {
		if rest, ok := bytes.CutPrefix(text, []byte(null)); ok {
			return rest, true
		}
	}
	return text, false
}

// isPrintable says whether a comment has nothing that a parser could refuse: ASCII that is to be seen.
func isPrintable(comment []byte) bool {
	for _, c := range comment {
		if c < 0x20 || c > 0x7e {
			return false
		}
	}
	return true
}
