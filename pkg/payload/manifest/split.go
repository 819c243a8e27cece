package manifest

import (
	"bytes"
	"fmt"
	"iter"
)

// segment is the part of a file between two separators.
type segment struct {
	start, end int // bytes of the file; a marker that opens the document is in, the separator behind it is not
	problem    error
}

// split cuts a YAML file, from a place on, into documents where the operator's reader does (apimachinery, util/yaml):
// at every line that begins with three hyphens, wherever it stands. Such a line ends a document, and the first one of a
// document belongs to it. What follows the hyphens may only be a comment: anything else is a segment of its own, with a
// problem. A file may hold millions of segments, so none is kept.
func split(data []byte, start int) iter.Seq[segment] {
	return func(yield func(segment) bool) {
		for at := start; at < len(data); {
			end := lineEnd(data, at)
			if !bytes.HasPrefix(data[at:end], []byte("---")) {
				at = nextSeparator(data, end)
				continue
			}
			if tail := bytes.TrimSpace(data[at+3 : end]); len(tail) > 0 && tail[0] != '#' {
				problem := fmt.Errorf("a separator of documents is followed by %.40q", tail)
				if !yield(segment{start: start, end: at}) || !yield(segment{start: at, end: end, problem: problem}) {
					return
				}
				start = end
			} else if at > start {
				if !yield(segment{start: start, end: at}) {
					return
				}
				start = end
			}
			at = end
		}
		if start < len(data) {
			yield(segment{start: start, end: len(data)})
		}
	}
}

// nextSeparator finds the next line that begins with three hyphens, from the beginning of a line on.
func nextSeparator(data []byte, at int) int {
	if bytes.HasPrefix(data[at:], []byte("---")) {
		return at
	}
	if i := bytes.Index(data[at:], []byte("\n---")); i >= 0 {
		return at + i + 1
	}
	return len(data)
}

// lineEnd is the place behind the line that begins at a place.
func lineEnd(data []byte, at int) int {
	if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(data)
}
