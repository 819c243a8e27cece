package manifest

import (
	"bytes"
	"errors"

	"github.com/release-x/oc-release-x/pkg/payload/document"
)

// part is what one document of a file holds.
type part struct {
	start, end int    // bytes of the file
	json       []byte // when the document had to be converted, or is JSON
	header     Header
	problem    error
}

// readDocuments reads the documents of a file in their order, without those that hold nothing. It ends where the budget
// does.
func readDocuments(data []byte, budget *document.Budget) []part {
	if looksLikeJSON(data) {
		return readStream(data, budget)
	}
	return appendSegments(nil, data, 0, budget)
}

// appendSegments reads the YAML documents of a file from a place on. Those that hold nothing count in the budget too where
// it takes a parser to say so.
func appendSegments(parts []part, data []byte, at int, budget *document.Budget) []part {
	unusual := maxParsed
	for segment := range split(data, at) {
		if segment.problem == nil && holdsNothing(data[segment.start:segment.end]) {
			continue
		}
		if budget.Count(1) != nil {
			return parts
		}
		if read, ok := readSegment(data, segment, &unusual, budget); ok {
			parts = append(parts, read)
		}
	}
	return parts
}

// readSegment reads the header of a YAML document from its lines, or parses it in full, for which the file has a number
// of bytes. ok is false for a document without content.
func readSegment(data []byte, from segment, unusual *int, budget *document.Budget) (read part, ok bool) {
	read = part{start: from.start, end: from.end, problem: from.problem}
	text := data[from.start:from.end]
	if len(bytes.Trim(text, " \r\n")) == 0 {
		return read, false
	}
	if read.problem == nil {
		read.problem = document.Check(text, document.MaxSize)
	}
	if read.problem != nil {
		return read, true
	}
	if read.header, ok = scanHeader(text); ok {
		return read, true
	}
	if *unusual -= len(text); *unusual < 0 {
		read.problem = errParsed()
		return read, true
	}
	read.json, read.problem = toJSON(text, budget)
	if errors.Is(read.problem, errNull) {
		return read, false
	}
	if read.problem == nil {
		read.header, read.problem = readHeader(read.json, budget)
	}
	return read, true
}
