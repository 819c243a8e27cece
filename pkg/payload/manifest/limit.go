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
	maxParsed    = 4 << 20  // bytes of a file of YAML that the scanner leaves to the parser
	maxDocuments = 50_000   // documents of a file
)

// limitError is a problem of this program and not of the payload: a cluster may read what is beyond a limit.
type limitError struct{ message string }

func (e *limitError) Error() string { return e.message }

func beyond(format string, args ...any) error { return &limitError{fmt.Sprintf(format, args...)} }

// checkSize refuses a document that is too much for the parser. Its values are counted by the signs that stand between
// them, so this is more than the truth.
func checkSize(document []byte) error {
	if len(document) > maxDocument {
		return beyond("the document has %d bytes, more than the %d that this program reads; etcd takes objects of up to 1.5 MiB", len(document), maxDocument)
	}
	if len(document) < maxNodes {
		return nil
	}
	nodes := 0
	for _, sign := range []string{"\n", ",", "[", "{", "- ", "? "} {
		nodes += bytes.Count(document, []byte(sign))
	}
	if nodes > maxNodes {
		return beyond("the document has more than the %d values that this program reads", maxNodes)
	}
	return nil
}

// errDocuments is the problem of the document that is one too many.
func errDocuments() error {
	return beyond("the file has more than the %d documents that this program reads", maxDocuments)
}

// errParsed is the problem of a document that would make a file too much for the parser.
func errParsed() error {
	return beyond("the file has more than the %d bytes of unusual YAML that this program reads", maxParsed)
}
