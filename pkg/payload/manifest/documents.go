package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"iter"

	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/manifest/yamlheader"
)

// maxParsed is how many bytes of a YAML file may go to the parser because yamlheader.Scan cannot read them.
const maxParsed = 4 << 20

// parsedDocument is one document of a file.
type parsedDocument struct {
	start, end int    // offsets in the file, in bytes
	json       []byte // nil unless the document is JSON or had to be converted
	header     yamlheader.Header
	problem    error
}

// readDocuments returns the documents of a file in their order, without empty ones. It stops where the budget ends.
func readDocuments(data []byte, budget *document.Budget) []parsedDocument {
	if looksLikeJSON(data) {
		return readStream(data, budget)
	}
	return appendSegments(nil, data, 0, budget)
}

// appendSegments reads the YAML documents of a file from an offset on. An empty document counts in the budget only if it takes
// a parser to find out that it is empty.
func appendSegments(documents []parsedDocument, data []byte, at int, budget *document.Budget) []parsedDocument {
	parserBytes := maxParsed
	for segment := range split(data, at) {
		if segment.problem == nil && yamlheader.Empty(data[segment.start:segment.end]) {
			continue
		}
		if budget.Count(1) != nil {
			return documents
		}
		if read, ok := readSegment(data, segment, &parserBytes, budget); ok {
			documents = append(documents, read)
		}
	}
	return documents
}

// readSegment reads the header of a YAML document from its lines, or else parses the document, which uses up parserBytes. ok
// is false for an empty document.
func readSegment(data []byte, from segment, parserBytes *int, budget *document.Budget) (read parsedDocument, ok bool) {
	read = parsedDocument{start: from.start, end: from.end, problem: from.problem}
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
	if read.header, ok = yamlheader.Scan(text, decidesInclusion); ok {
		return read, true
	}
	if *parserBytes -= len(text); *parserBytes < 0 {
		read.problem = document.LimitErrorf("the file has more than the %d bytes of unusual YAML that this program reads", maxParsed)
		return read, true
	}
	read.json, read.problem = toJSON(text, budget)
	if errors.Is(read.problem, errNull) {
		return read, false
	}
	if read.problem == nil {
		read.header, read.problem = decodeHeader(read.json, budget)
	}
	return read, true
}

// segment is the part of a YAML file between two separators.
type segment struct {
	start, end int // offsets in the file, in bytes; with the marker that opens the document, without the separator after it
	problem    error
}

// split splits a YAML file, from an offset on, into documents as the operator's reader does (apimachinery, util/yaml): at
// every line that begins with three hyphens, even inside a text. Such a line ends a document; at the beginning of a document
// it belongs to it. Only a comment may follow the hyphens: any other line becomes a segment of its own, with a problem. It
// is an iterator because a file may have millions of segments.
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

// nextSeparator returns the offset of the next line that begins with three hyphens. at is the beginning of a line.
func nextSeparator(data []byte, at int) int {
	if bytes.HasPrefix(data[at:], []byte("---")) {
		return at
	}
	if i := bytes.Index(data[at:], []byte("\n---")); i >= 0 {
		return at + i + 1
	}
	return len(data)
}

// lineEnd returns the offset after the line that begins at at.
func lineEnd(data []byte, at int) int {
	if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(data)
}
