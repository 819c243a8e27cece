package manifest

import (
	"bytes"
	"strings"
)

// field is a place in a document that a header is read from.
type field uint8

const (
	fieldNone field = iota
	fieldAPIVersion
	fieldKind
	fieldMetadata
	fieldNamespace
	fieldName
	fieldAnnotations
	fieldAnnotation
)

// headerReader watches the keys of the upper three levels and keeps their values. Its methods are false when a value
// is one that only the full parser reads well.
type headerReader struct {
	header   Header
	root     field // the key of the document that we are below
	metadata field // the key of metadata that we are below
	field    field // the key that waits for its value
	key3     string
	captured bool // the last value was kept, so no further line may belong to it
	seen     [fieldAnnotation]bool
}

// key notes a key of the mapping at a depth, 1 for the document itself.
func (r *headerReader) key(depth int, key []byte) bool {
	r.field, r.captured = fieldNone, false
	switch {
	case depth == 1:
		r.root, r.metadata = rootField(key), fieldNone
		return r.note(r.root) && (r.root != fieldNone || !looksLikeType(key))
	case depth == 2 && r.root == fieldMetadata:
		r.metadata = metadataField(key)
		return r.note(r.metadata)
	case depth == 3 && r.root == fieldMetadata && r.metadata == fieldAnnotations:
		r.field, r.key3 = fieldAnnotation, string(key)
		_, twice := r.header.Annotations[r.key3]
		return !twice
	}
	return true
}

func rootField(key []byte) field {
	switch string(key) {
	case "apiVersion":
		return fieldAPIVersion
	case "kind":
		return fieldKind
	case "metadata":
		return fieldMetadata
	}
	return fieldNone
}

// looksLikeType finds the spellings of apiVersion and kind that a decoder may take for them.
func looksLikeType(key []byte) bool {
	return strings.EqualFold(string(key), "apiVersion") || strings.EqualFold(string(key), "kind")
}

func metadataField(key []byte) field {
	switch string(key) {
	case "name":
		return fieldName
	case "namespace":
		return fieldNamespace
	case "annotations":
		return fieldAnnotations
	}
	return fieldNone
}

// note begins a field, which may be there once.
func (r *headerReader) note(f field) bool {
	r.field = f
	if f == fieldNone {
		return true
	}
	twice := r.seen[f]
	r.seen[f] = true
	return !twice
}

// wants says whether the value of the last key is of interest.
func (r *headerReader) wants() bool { return r.field != fieldNone }

// open is told of a collection below the last key; depth counts those around it.
func (r *headerReader) open(depth int, sequence bool) bool {
	f := r.field
	r.field = fieldNone
	switch {
	case f == fieldNone || depth == 0:
		return true
	case f == fieldAnnotations:
		r.header.Annotated = true
		return !sequence
	}
	return f == fieldMetadata && !sequence
}

// null is told that the last key has no value.
func (r *headerReader) null() bool { return r.field == fieldNone }

// collection is told of a flow collection.
func (r *headerReader) collection() bool { return r.field == fieldNone }

// text is told of a string that goes on for lines: no header but an annotation that decides nothing is written so.
func (r *headerReader) text() bool {
	return r.field == fieldNone || r.field == fieldAnnotation && !decides(r.key3)
}

// continued is told of a further line of a plain scalar.
func (r *headerReader) continued() bool { return !r.captured }

// quoted keeps a quoted string.
func (r *headerReader) quoted(value []byte, quote byte) bool {
	switch {
	case r.field == fieldNone:
		return true
	case quote == '\'' && bytes.IndexByte(value, '\'') >= 0, quote == '"' && bytes.IndexByte(value, '\\') >= 0:
		return r.text()
	}
	return r.keep(value)
}

// plain keeps a plain scalar, if it is a string for sure.
func (r *headerReader) plain(value []byte) bool {
	return r.field == fieldNone || isString(value) && r.keep(value)
}

func (r *headerReader) keep(value []byte) bool {
	h := &r.header
	r.captured = true
	switch r.field {
	case fieldAPIVersion:
		h.APIVersion = string(value)
		return bytes.Count(value, []byte("/")) <= 1
	case fieldKind:
		h.Kind = string(value)
	case fieldName:
		h.Name = string(value)
	case fieldNamespace:
		h.Namespace = string(value)
	case fieldAnnotation:
		r.captured = decides(r.key3)
		if r.captured {
			if h.Annotations == nil {
				h.Annotations = map[string]string{}
			}
			h.Annotations[r.key3] = string(value)
		}
	default:
		return false
	}
	r.field = fieldNone
	return true
}

// finish gives the header of a document with a kind; the full parser has the words for others.
func (r *headerReader) finish() (Header, bool) {
	return r.header, r.header.Kind != ""
}

// isString says whether a plain scalar is certainly neither a number, a boolean, a null nor a date: the first byte
// says what it could be (go.yaml.in/yaml/v2, resolve.go).
func isString(value []byte) bool {
	switch c := value[0]; {
	case c >= '0' && c <= '9':
		return bytes.Count(value, []byte(".")) > 1 || bytes.ContainsAny(value, "ghijklmnpqrsuvwyGHIJKLMNPQRSUVWY")
	case c == '-' || c == '+':
		return len(value) > 1 && isAlphanumeric(value[1]) && value[1] > '9'
	case c == '.' || c == '~' || c == '<' || c == '=':
		return false
	}
	switch string(value) {
	case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON",
		"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", "null", "Null", "NULL":
		return false
	}
	return true
}
