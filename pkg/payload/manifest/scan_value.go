package manifest

import "bytes"

// value reads what stands behind a key (keyed) or a dash. text is not empty and begins with no space.
func (s *scanner) value(text []byte, keyed bool) bool {
	switch text[0] {
	case '"', '\'':
		return s.quoted(text, keyed)
	case '|', '>':
		return (!keyed || s.header.text()) && s.block(text)
	case '[', '{':
		rest, ok := skipFlow(text, 0)
		return ok && isTrailer(rest) && (!keyed || s.header.collection())
	case '&', '*', '!', '%', '@', '`', ']', '}', ',', '#', '?':
		return false
	case '-', ':':
		if len(text) == 1 || text[1] == ' ' {
			return false
		}
	}
	if unfitNumber(text) || !s.plainText(text) {
		return false
	}
	if !keyed || !s.header.wants() {
		return true
	}
	return s.header.plain(bytes.TrimRight(cutComment(text), " "))
}

// plainText checks a line of a plain scalar. A comment ends the scalar, and a colon would make it a key.
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

// cutComment takes the comment from the end of a plain scalar's line.
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

// unfitNumber says whether a plain scalar may be an infinity or no number, which JSON does not know.
func unfitNumber(text []byte) bool {
	if text[0] == '+' || text[0] == '-' {
		text = text[1:]
	}
	return len(text) > 1 && text[0] == '.' && (text[1]|0x20 == 'i' || text[1]|0x20 == 'n')
}

// isTrailer says whether nothing but spaces and a comment is left of a line.
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

// block reads a block scalar; text is its header. The first line with text sets the indentation.
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
