package manifest

import (
	"bytes"
	"fmt"
)

// Limits of what is read. The largest object that an API server takes is a few megabytes, and a parser that meets a
// hostile document within these limits is done in two seconds.
const (
	maxDocument  = 4 << 20  // bytes of a document
	maxNodes     = 500_000  // values in a document
	maxExpanded  = 16 << 20 // bytes of the JSON of a document with aliases
	maxStream    = 16 << 20 // bytes of a file of JSON
	maxDocuments = 50_000   // documents of a file
)

// checkSize refuses a document that is too much for the parser. Its values are counted by the signs that stand between
// them, so this is more than the truth.
func checkSize(document []byte) error {
	if len(document) > maxDocument {
		return fmt.Errorf("the document has %d bytes, more than %d", len(document), maxDocument)
	}
	if len(document) < maxNodes {
		return nil
	}
	nodes := 0
	for _, sign := range []string{"\n", ",", "[", "{", "- ", "? "} {
		nodes += bytes.Count(document, []byte(sign))
	}
	if nodes > maxNodes {
		return fmt.Errorf("the document has more than %d values", maxNodes)
	}
	return nil
}

// errDocuments is the problem of the document that is one too many.
func errDocuments() error { return fmt.Errorf("the file has more than %d documents", maxDocuments) }
