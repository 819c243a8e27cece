package manifest

import "bytes"

// A full parse of a release's YAML takes the better part of a second, and a listing needs a few lines of each
// document. So a scanner walks the lines of a document once. It knows a plain subset of YAML: block mappings and
// sequences, plain and quoted scalars, block scalars, short flow collections. What it accepts is a valid document
// whose header it has read; for everything else it gives up, and the document is parsed in full. It must never accept
// what the parser refuses or reads in another way: FuzzScan holds it to that.

const (
	maxScanDepth = 64  // levels of indentation, deeper documents are parsed in full
	maxScanKey   = 512 // bytes of a key, YAML allows 1024
)

// level is an open block collection.
type level struct {
	indent   int
	sequence bool
}

// scanner is the state between two lines.
type scanner struct {
	rest   []byte // the lines to come
	tabs   bool   // there are tabs somewhere
	levels [maxScanDepth]level
	depth  int

	pending   bool // the last key or dash has no value yet
	plainOpen bool // the last line ended in a plain scalar, which an indented line continues
	header    headerReader
}

// scanHeader reads the header of one document. ok is false when the document is unusual: then its bytes say nothing.
func scanHeader(document []byte) (header Header, ok bool) {
	legible, tabs := inspect(document)
	if !legible {
		return Header{}, false
	}
	s := scanner{rest: document, tabs: tabs}
	if !s.skipMarker() {
		return Header{}, false
	}
	for len(s.rest) > 0 {
		if !s.line(s.next()) {
			return Header{}, false
		}
	}
	if s.pending && !s.header.null() {
		return Header{}, false
	}
	return s.header.finish()
}

// next takes a line, without its newline.
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

// skipMarker takes the marker that a document may begin with.
func (s *scanner) skipMarker() bool {
	if !bytes.HasPrefix(s.rest, []byte("---")) {
		return true
	}
	return isTrailer(s.next()[3:])
}

// line reads one line in the state that the lines before left.
func (s *scanner) line(line []byte) bool {
	indent := countSpaces(line)
	text := line[indent:]
	if len(text) == 0 {
		return true
	}
	if s.plainOpen && text[0] != '#' && indent > s.top().indent {
		return s.header.continued() && s.plainText(text)
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

// attach finds the collection that a line belongs to, or opens it.
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
			return s.open(indent, true) // a sequence may stand as far left as its key
		}
		if !s.header.null() {
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
	if s.depth == maxScanDepth || !s.header.open(s.depth, sequence) {
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
	if !ok || !s.header.key(s.depth, key) {
		return false
	}
	rest = rest[countSpaces(rest):]
	if len(rest) == 0 || rest[0] == '#' {
		s.pending = true
		return true
	}
	return s.value(rest, true)
}
