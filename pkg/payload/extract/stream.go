package extract

import (
	"bytes"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Stream is one YAML stream of the entries that stay, in their order, for `oc apply -f -`: documents byte for
// byte, or as oc writes them with Normalize. A name that no file has is fault.NotFound, a document that cannot be
// read fault.Integrity.
func Stream(files payload.Files, entries []manifest.Entry, o Options) ([]byte, error) {
	if err := checkNames(files, o); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if !o.Normalize {
		b.Grow(length(entries))
	}
	for _, e := range entries {
		if e.Directory == manifest.OperatorDirectory && !o.Operator || !matches(o.Names, e.Directory, e.File) {
			continue
		}
		if e.Problem != "" {
			return nil, fault.Errorf(fault.Integrity, "%s/%s: document %d cannot be read: %s", e.Directory, e.File, e.Document, e.Problem)
		}
		if o.Keep != nil && !o.Keep(e) {
			continue
		}
		if !o.Normalize {
			writeDocument(&b, e.Raw())
			continue
		}
		text, err := normalize([]manifest.Entry{e})
		if err != nil {
			return nil, err
		}
		b.Write(text)
	}
	return b.Bytes(), nil
}

// length is how long the documents are together, each with a separator: a buffer that grows takes three times as much.
func length(entries []manifest.Entry) int {
	n := 0
	for _, e := range entries {
		n += len(e.Raw()) + len("---\n\n")
	}
	return n
}

// Deleted says whether the operator removes an object where others are applied.
func Deleted(e manifest.Entry) bool { return e.Annotations[manifest.DeleteAnnotation] == "true" }

// Join is one YAML stream of whole files, each byte for byte but for a byte order mark.
func Join(files []File) []byte {
	var b bytes.Buffer
	for _, f := range files {
		writeDocument(&b, f.Data)
	}
	return b.Bytes()
}

// cut is what is left of a file when documents are cut from it: the bytes of each that stays, with separators
// between them.
func cut(documents []manifest.Entry) []byte {
	var b bytes.Buffer
	for _, e := range documents {
		writeDocument(&b, e.Raw())
	}
	return b.Bytes()
}

// writeDocument writes a document after a separator, its own where it has one: two of them would have an empty document
// between them. A byte order mark may stand at the beginning of a stream alone, and strict readers hold to that.
func writeDocument(b *bytes.Buffer, raw []byte) {
	const mark = "\ufeff"
	separator, text := cutSeparator(bytes.TrimPrefix(raw, []byte(mark)))
	if separator == nil {
		separator = []byte("---\n")
	}
	b.Write(separator)
	b.Write(bytes.TrimPrefix(text, []byte(mark)))
	if !bytes.HasSuffix(b.Bytes(), []byte("\n")) {
		b.WriteByte('\n')
	}
}

// cutSeparator takes off the line with which a document begins itself; separator is nil when it does not.
func cutSeparator(raw []byte) (separator, text []byte) {
	tail, ok := bytes.CutPrefix(raw, []byte("---"))
	if !ok || len(tail) > 0 && !bytes.ContainsRune([]byte(" \t\r\n"), rune(tail[0])) {
		return nil, raw
	}
	if end := bytes.IndexByte(raw, '\n'); end >= 0 {
		return raw[:end+1], raw[end+1:]
	}
	return raw, nil
}
