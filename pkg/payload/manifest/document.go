package manifest

import (
	"bytes"
	"errors"
)

// document is what one document of a file holds.
type document struct {
	start, end int    // bytes of the file
	json       []byte // when the document had to be converted, or is JSON
	header     Header
	problem    error
}

// readDocuments reads the documents of a file in their order, without those that hold nothing.
func readDocuments(data []byte) []document {
	if looksLikeJSON(data) {
		return readStream(data)
	}
	return appendSegments(nil, data, 0)
}

// appendSegments reads the YAML documents of a file from a place on. Those that hold nothing count in the limit too where
// it takes a parser to say so.
func appendSegments(documents []document, data []byte, at int) []document {
	count, budget := len(documents), maxParsed
	for part := range split(data, at) {
		if part.problem == nil && holdsNothing(data[part.start:part.end]) {
			continue
		}
		read, ok := readSegment(data, part, &budget)
		if count++; count > maxDocuments {
			read.problem = errDocuments()
			return append(documents, read)
		}
		if ok {
			documents = append(documents, read)
		}
	}
	return documents
}

// readSegment reads the header of a YAML document from its lines, or parses it in full, for which the file has a budget
// of bytes. ok is false for a document without content.
func readSegment(data []byte, part segment, budget *int) (read document, ok bool) {
	read = document{start: part.start, end: part.end, problem: part.problem}
	text := data[part.start:part.end]
	if len(bytes.Trim(text, " \r\n")) == 0 {
		return read, false
	}
	if read.problem == nil {
		read.problem = checkSize(text)
	}
	if read.problem != nil {
		return read, true
	}
	if read.header, ok = scanHeader(text); ok {
		return read, true
	}
	if *budget -= len(text); *budget < 0 {
		read.problem = errParsed()
		return read, true
	}
	read.json, read.problem = toJSON(text)
	if errors.Is(read.problem, errNull) {
		return read, false
	}
	if read.problem == nil {
		read.header, read.problem = readHeader(read.json)
	}
	return read, true
}
