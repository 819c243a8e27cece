package yamlheader

import (
	"bytes"
	"unicode/utf8"
)

const maxDepth = 64 // levels of indentation; Scan gives up on deeper documents

// level is an open block collection.
type level struct {
	indent   int
	sequence bool
}

// scanner is the state between two lines.
type scanner struct {
	rest   []byte // the lines that are not read yet
	tabs   bool   // the document has tabs
	levels [maxDepth]level
	depth  int

	pending   bool // the last key or dash has no value yet
	plainOpen bool // the last line ended in a plain scalar, which an indented line continues
	fields    fieldReader
}

// Scan reads the header of one YAML document. wanted selects annotations by their keys. ok is false if the document uses
// anything beyond the subset of YAML that Scan knows: it may be valid or not.
func Scan(document []byte, wanted func(annotation string) bool) (header Header, ok bool) {
	printable, tabs := inspect(document)
	if !printable {
		return Header{}, false
	}
	s := scanner{rest: document, tabs: tabs, fields: fieldReader{wanted: wanted}}
	if !s.skipMarker() {
		return Header{}, false
	}
	for len(s.rest) > 0 {
		if !s.line(s.next()) {
			return Header{}, false
		}
	}
	if s.pending && !s.fields.acceptNull() {
		return Header{}, false
	}
	return s.fields.finish()
}

// next returns the next line, without its newline.
func (s *scanner) next() []byte {
	i := bytes.IndexByte(s.rest, '\n')
	if i < 0 {
		line := s.rest
		s.rest = nil
		return line
	}
	line := s.rest[:i]
	s.rest = s.rest[i+1:]
	return line
}

// skipMarker skips the marker with which a document may begin.
func (s *scanner) skipMarker() bool {
	if !bytes.HasPrefix(s.rest, []byte("---")) {
		return true
	}
	return isTrailer(s.next()[3:])
}

// line reads one line.
func (s *scanner) line(line []byte) bool {
	indent := countSpaces(line)
	text := line[indent:]
	if len(text) == 0 {
		return true
	}
	if s.plainOpen && text[0] != '#' && indent > s.top().indent {
		return s.fields.acceptContinuation() && s.plainText(text)
	}
	s.plainOpen = false
	switch {
	case text[0] == '#':
		return true
	case s.tabs && bytes.IndexByte(line, '\t') >= 0:
		return false
	case indent == 0 && bytes.HasPrefix(text, []byte("...")):
		return false
	}
	return s.attach(indent, text) && s.entry(indent, text)
}

// attach finds or opens the collection that a line belongs to.
func (s *scanner) attach(indent int, text []byte) bool {
	dash := isDash(text)
	if s.depth == 0 {
		return indent == 0 && !dash && s.open(0, false)
	}
	if s.pending {
		s.pending = false
		top := s.top()
		switch {
		case indent > top.indent:
			return s.open(indent, dash)
		case indent == top.indent && dash && !top.sequence:
			return s.open(indent, true) // a sequence may have the indentation of its key
		}
		if !s.fields.acceptNull() {
			return false
		}
	}
	for s.depth > 0 && (s.top().indent > indent || s.top().indent == indent && s.top().sequence && !dash) {
		s.depth--
	}
	return s.depth > 0 && s.top() == level{indent, dash}
}

// open begins a collection below the last key or dash.
func (s *scanner) open(indent int, sequence bool) bool {
	if s.depth == maxDepth || !s.fields.open(s.depth, sequence) {
		return false
	}
	s.levels[s.depth] = level{indent, sequence}
	s.depth++
	return true
}

func (s *scanner) top() level {
	if s.depth == 0 {
		return level{indent: -1}
	}
	return s.levels[s.depth-1]
}

// entry reads the dashes, the key and the value of a line.
func (s *scanner) entry(column int, text []byte) bool {
	for isDash(text) {
		spaces := 1 + countSpaces(text[1:])
		text = text[spaces:]
		column += spaces
		if len(text) == 0 || text[0] == '#' {
			s.pending = true
			return true
		}
		if isDash(text) {
			if !s.open(column, true) {
				return false
			}
			continue
		}
		if _, _, ok := cutKey(text); !ok {
			return s.value(text, false)
		}
		if !s.open(column, false) {
			return false
		}
	}
	key, rest, ok := cutKey(text)
	if !ok || !s.fields.key(s.depth, key) {
		return false
	}
	rest = rest[countSpaces(rest):]
	if len(rest) == 0 || rest[0] == '#' {
		s.pending = true
		return true
	}
	return s.value(rest, true)
}

// inspect reports whether all characters of a text are ones that YAML allows and whether newlines are its only line breaks,
// and whether it has tabs. It refuses carriage returns, which are left to the full parser.
func inspect(text []byte) (printable, tabs bool) {
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c >= 0x20 && c < 0x7f || c == '\n':
			i++
		case c == '\t':
			tabs = true
			i++
		case c < utf8.RuneSelf:
			return false, false
		default:
			r, size := utf8.DecodeRune(text[i:])
			if !isText(r) || r == utf8.RuneError && size == 1 {
				return false, false
			}
			i += size
		}
	}
	return true, tabs
}

// isText reports whether a character beyond ASCII is printable in YAML and not a line break. NEL, LS and PS are line breaks,
// and a byte order mark is only allowed at the beginning of a stream.
func isText(r rune) bool {
	switch {
	case r < 0xa0, r == 0x2028, r == 0x2029, r == 0xfeff, r == 0xfffe, r == 0xffff:
		return false
	}
	return true
}
