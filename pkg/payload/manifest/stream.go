package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode"
	"unicode/utf8"

	"github.com/release-x/oc-release-x/pkg/payload/document"
)

const guessWindow = 1024 // bytes in which a file must show that it is JSON

// looksLikeJSON says whether a file begins with an object, as the operator's reader guesses it.
func looksLikeJSON(data []byte) bool {
	data = data[:min(len(data), guessWindow)]
	return bytes.HasPrefix(bytes.TrimLeftFunc(data, unicode.IsSpace), []byte("{"))
}

// readStream reads a file that begins like JSON: JSON documents, kept as they stand. Where one of the first two is none,
// the operator's reader takes it and all that follow for YAML; behind a third there is nothing but the error.
func readStream(data []byte, budget *document.Budget) []part {
	if len(data) > document.MaxJSON {
		problem := document.Beyond("the file has %d bytes of JSON, more than the %d that this program reads", len(data), document.MaxJSON)
		return []part{{end: len(data), problem: problem}}
	}
	var parts []part
	decoder := json.NewDecoder(bytes.NewReader(data))
	for count, at := 0, 0; ; count++ {
		read, err := readObject(decoder, budget)
		switch {
		case errors.Is(err, io.EOF), budget.Count(1) != nil:
			return parts
		case read.problem == nil && len(read.json) > 0:
			parts = append(parts, read)
		case read.problem != nil && count <= 1:
			if start, ok := skipBlank(data, at); ok {
				return appendSegments(parts, data, start, budget)
			}
			read.start, read.end = at, len(data)
			return append(parts, read)
		case read.problem != nil:
			read.start, read.end = at, len(data)
			return append(parts, read)
		}
		at = int(decoder.InputOffset())
	}
}

// readObject reads the next JSON value; a null has no JSON. err is io.EOF at the end, and nil for a value with a
// problem.
func readObject(decoder *json.Decoder, budget *document.Budget) (part, error) {
	var object json.RawMessage
	if err := decoder.Decode(&object); err != nil {
		if errors.Is(err, io.EOF) {
			return part{}, err
		}
		return part{problem: err}, nil
	}
	end := int(decoder.InputOffset())
	read := part{start: end - len(object), end: end}
	if bytes.Equal(object, []byte("null")) {
		return read, nil
	}
	if read.problem = document.Check(object, document.MaxSize); read.problem != nil {
		return read, nil
	}
	if read.problem = budget.Parse(object); read.problem != nil {
		return read, nil
	}
	read.json = object
	read.header, read.problem = readHeader(object, budget)
	if read.problem == nil {
		if missing := read.header.problem(); missing != "" {
			read.problem = errors.New(missing)
		}
	}
	return read, nil
}

// skipBlank goes on to the end of a blank line, or to the first character that is none. ok is false at bytes that are no
// text, and where fewer than four bytes are left: the operator's reader looks no further then.
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
