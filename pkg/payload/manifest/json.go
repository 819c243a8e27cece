package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode"
	"unicode/utf8"

	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/manifest/yamlheader"
)

const guessWindow = 1024 // bytes at the beginning of a file that decide whether it is JSON

// looksLikeJSON reports whether a file begins with a JSON object, as the operator's reader guesses it.
func looksLikeJSON(data []byte) bool {
	data = data[:min(len(data), guessWindow)]
	return bytes.HasPrefix(bytes.TrimLeftFunc(data, unicode.IsSpace), []byte("{"))
}

// readStream reads a file that begins like JSON. JSON documents stay as they are. If one of the first two is not JSON, the
// operator's reader reads the file from there on as YAML; from the third on, that is an error.
func readStream(data []byte, budget *document.Budget) []parsedDocument {
	if len(data) > document.MaxJSON {
		problem := document.LimitErrorf("the file has %d bytes of JSON, more than the %d that this program reads", len(data), document.MaxJSON)
		return []parsedDocument{{end: len(data), problem: problem}}
	}
	var documents []parsedDocument
	decoder := json.NewDecoder(bytes.NewReader(data))
	for count, at := 0, 0; ; count++ {
		read, err := readObject(decoder, budget)
		switch {
		case errors.Is(err, io.EOF), budget.Count(1) != nil:
			return documents
		case read.problem == nil && len(read.json) > 0:
			documents = append(documents, read)
		case read.problem != nil && count <= 1:
			if start, ok := skipBlank(data, at); ok {
				return appendSegments(documents, data, start, budget)
			}
			read.start, read.end = at, len(data)
			return append(documents, read)
		case read.problem != nil:
			read.start, read.end = at, len(data)
			return append(documents, read)
		}
		at = int(decoder.InputOffset())
	}
}

// readObject reads the next JSON value. The result of a null has no JSON. err is io.EOF at the end, and nil for a value with
// a problem.
func readObject(decoder *json.Decoder, budget *document.Budget) (parsedDocument, error) {
	var object json.RawMessage
	if err := decoder.Decode(&object); err != nil {
		if errors.Is(err, io.EOF) {
			return parsedDocument{}, err
		}
		return parsedDocument{problem: err}, nil
	}
	end := int(decoder.InputOffset())
	read := parsedDocument{start: end - len(object), end: end}
	if bytes.Equal(object, []byte("null")) {
		return read, nil
	}
	if read.problem = document.Check(object, document.MaxSize); read.problem != nil {
		return read, nil
	}
	if read.problem = budget.Parse(object); read.problem != nil {
		return read, nil
	}
	if read.problem = budget.CheckJSON(object, object); read.problem != nil {
		return read, nil
	}
	read.json = object
	read.header, read.problem = decodeHeader(object, budget)
	if read.problem == nil {
		if missing := missingFields(read.header); missing != "" {
			read.problem = errors.New(missing)
		}
	}
	return read, nil
}

// skipBlank returns the offset after a blank line, or of the first character that is not blank. ok is false at bytes that are
// not UTF-8 and within the last four bytes, where the operator's reader stops.
func skipBlank(data []byte, at int) (int, bool) {
	for at+utf8.UTFMax <= len(data) {
		r, size := utf8.DecodeRune(data[at:])
		switch {
		case r == utf8.RuneError:
			return at, false
		case !unicode.IsSpace(r):
			return at, true
		case r == '\n':
			return at + size, true
		}
		at += size
	}
	return at, false
}

var errNull = errors.New("null document")

// toJSON converts one YAML document to the same compact JSON as the operator. The error of an empty document is errNull.
func toJSON(text []byte, budget *document.Budget) ([]byte, error) {
	converted, err := document.ToJSON(asLines(text), budget)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(converted, []byte("null")) {
		return nil, errNull
	}
	return converted, nil
}

// asLines ends every line of a document with a single newline, as the operator's reader does.
func asLines(text []byte) []byte {
	if bytes.IndexByte(text, '\r') >= 0 {
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	}
	if !bytes.HasSuffix(text, []byte("\n")) {
		text = append(text[:len(text):len(text)], '\n')
	}
	return text
}

// decodeHeader reads the header from the JSON of an object.
func decodeHeader(object []byte, budget *document.Budget) (yamlheader.Header, error) {
	defer budget.Hold(object)()
	return yamlheader.Decode(object, decidesInclusion)
}
