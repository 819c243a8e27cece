package yamlheader

import "bytes"

// value reads the value after a key (keyed) or a dash. text is not empty and does not begin with a space.
func (s *scanner) value(text []byte, keyed bool) bool {
	switch text[0] {
	case '"', '\'':
		return s.quoted(text, keyed)
	case '|', '>':
		return (!keyed || s.fields.acceptText()) && s.block(text)
	case '[', '{':
		rest, ok := skipFlow(text, 0)
		return ok && isTrailer(rest) && (!keyed || s.fields.acceptFlow())
	case '&', '*', '!', '%', '@', '`', ']', '}', ',', '#', '?':
		return false
	case '-', ':':
		if len(text) == 1 || text[1] == ' ' {
			return false
		}
	}
	if isNotFinite(text) || !s.plainText(text) {
		return false
	}
	if !keyed || !s.fields.hasField() {
		return true
	}
	return s.fields.plain(bytes.TrimRight(cutComment(text), " "))
}

// plainText checks one line of a plain scalar. A comment ends the scalar; a colon would make the text a key.
func (s *scanner) plainText(text []byte) bool {
	if s.tabs && bytes.IndexByte(text, '\t') >= 0 {
		return false
	}
	before := cutComment(text)
	s.plainOpen = len(before) == len(text)
	for {
		i := bytes.IndexByte(before, ':')
		if i < 0 {
			return true
		}
		before = before[i+1:]
		if len(before) == 0 || before[0] == ' ' {
			return false
		}
	}
}

// cutComment removes the comment from the end of a line of a plain scalar.
func cutComment(text []byte) []byte {
	for at := 0; ; at++ {
		i := bytes.IndexByte(text[at:], '#')
		if i < 0 {
			return text
		}
		at += i
		if at > 0 && text[at-1] == ' ' {
			return text[:at-1]
		}
	}
}

// isNotFinite reports whether a plain scalar may be an infinity or NaN, which JSON does not have.
func isNotFinite(text []byte) bool {
	if text[0] == '+' || text[0] == '-' {
		text = text[1:]
	}
	return len(text) > 1 && text[0] == '.' && (text[1]|0x20 == 'i' || text[1]|0x20 == 'n')
}

// isTrailer reports whether the rest of a line has nothing but spaces and a comment.
func isTrailer(text []byte) bool {
	spaces := countSpaces(text)
	return spaces == len(text) || spaces > 0 && text[spaces] == '#'
}

func countSpaces(text []byte) int {
	for i, c := range text {
		if c != ' ' {
			return i
		}
	}
	return len(text)
}

// block reads a block scalar, whose header is text. Its first line with text sets the indentation.
func (s *scanner) block(text []byte) bool {
	rest := text[1:]
	if len(rest) > 0 && (rest[0] == '-' || rest[0] == '+') {
		rest = rest[1:]
	}
	if !isTrailer(rest) {
		return false
	}
	parent := s.top().indent
	indent, deepest := -1, 0
	for len(s.rest) > 0 {
		before := s.rest
		line := s.next()
		spaces := countSpaces(line)
		switch {
		case spaces == len(line):
			deepest = max(deepest, spaces)
		case indent < 0 && (line[spaces] == '\t' || spaces > parent && spaces < deepest):
			return false
		case indent < 0 && spaces > parent:
			indent = spaces
		case spaces >= indent && indent >= 0:
		default:
			s.rest = before
			return line[spaces] != '\t'
		}
	}
	return true
}

// quoted reads a quoted scalar, which may have several lines. text begins with the quote.
func (s *scanner) quoted(text []byte, keyed bool) bool {
	quote, first := text[0], text
	text = text[1:]
	for lines := 1; ; lines++ {
		if s.tabs && bytes.IndexByte(text, '\t') >= 0 {
			return false
		}
		end, ok := closing(text, quote)
		if !ok {
			return false
		}
		if end >= 0 {
			if !isTrailer(text[end+1:]) {
				return false
			}
			if !keyed {
				return true
			}
			if lines > 1 {
				return s.fields.acceptText()
			}
			return s.fields.quoted(first[1:1+end], quote)
		}
		if len(s.rest) == 0 {
			return false
		}
		text = s.next()
		if bytes.HasPrefix(text, []byte("...")) || bytes.HasPrefix(text, []byte("---")) {
			return false
		}
	}
}

// closing returns the index of the quote that ends a scalar, -1 if the line has none. ok is false for an escape that the
// scanner does not know.
func closing(text []byte, quote byte) (end int, ok bool) {
	if quote == '"' {
		return closingDouble(text)
	}
	for i := 0; ; i += 2 {
		next := bytes.IndexByte(text[i:], '\'')
		if next < 0 {
			return -1, true
		}
		i += next
		if i+1 == len(text) || text[i+1] != '\'' {
			return i, true
		}
	}
}

func closingDouble(text []byte) (end int, ok bool) {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			return i, true
		case '\\':
			i++
			if i < len(text) && bytes.IndexByte([]byte(`"\/nrt `), text[i]) < 0 {
				return 0, false
			}
		}
	}
	return -1, true
}
