package extract

import (
	"bytes"

	"sigs.k8s.io/yaml"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Stream returns the selected entries as one YAML stream for `oc apply -f -`, in their order: unchanged, or as oc writes them
// with Normalize. A name or pattern that matches nothing is fault.NotFound, a document that cannot be read fault.Integrity.
func Stream(files payload.Files, entries []manifest.Entry, o Options) ([]byte, error) {
	if err := checkNames(files, o); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if !o.Normalize {
		b.Grow(length(entries))
	}
	for _, e := range entries {
		selected, err := o.selects(e)
		if err != nil {
			return nil, err
		}
		if !selected || o.Keep != nil && !o.Keep(e) {
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

// length is the size of the documents with separators. A buffer of this size never grows, which would take three times as much.
func length(entries []manifest.Entry) int {
	n := 0
	for _, e := range entries {
		n += len(e.Raw()) + len("---\n\n")
	}
	return n
}

// Deleted reports whether the operator deletes the object instead of applying it.
func Deleted(e manifest.Entry) bool { return e.Annotations[manifest.DeleteAnnotation] == "true" }

// Join returns files as one YAML stream, unchanged except for byte order marks.
func Join(files []File) []byte {
	var b bytes.Buffer
	for _, f := range files {
		writeDocument(&b, f.Data)
	}
	return b.Bytes()
}

// join returns documents of a file as a YAML stream, unchanged.
func join(documents []manifest.Entry) []byte {
	var b bytes.Buffer
	for _, e := range documents {
		writeDocument(&b, e.Raw())
	}
	return b.Bytes()
}

// writeDocument writes a document after a separator. It uses the document's own separator if there is one, because two separators
// enclose an empty document. It drops byte order marks, which strict readers only allow at the beginning of a stream.
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

// cutSeparator splits off the separator with which a document begins, nil if there is none.
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

// normalize returns documents as `oc adm release extract` writes them: as YAML with sorted fields, without comments (oc,
// pkg/cli/admin/release/extract.go).
func normalize(documents []manifest.Entry) ([]byte, error) {
	var b bytes.Buffer
	for _, e := range documents {
		raw, err := e.JSON()
		if err != nil {
			return nil, fault.Errorf(fault.Integrity, "%s: document %d cannot be read: %w", e.File, e.Document, err)
		}
		text, err := yaml.JSONToYAML(raw)
		if err != nil {
			return nil, fault.Errorf(fault.Integrity, "%s: document %d cannot be written as YAML: %w", e.File, e.Document, err)
		}
		writeDocument(&b, text)
	}
	return b.Bytes(), nil
}
