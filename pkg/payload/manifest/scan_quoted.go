package manifest

import "bytes"

// quoted reads a quoted scalar, which may go on for lines; text begins with the quote.
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
				return s.header.text()
			}
			return s.header.quoted(first[1:1+end], quote)
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

// closing finds the quote that ends a scalar, -1 when the line has none. ok is false for an escape that the scanner
// does not know.
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
