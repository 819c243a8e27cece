package yamlheader

import (
	"bytes"
	"strings"
)

// field is a part of an object from which a header is read.
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

// fieldReader gets the keys of the upper three levels from the scanner and keeps the values that belong in the header.
// Its methods return false for what only the full parser can read.
type fieldReader struct {
	wanted func(annotation string) bool

	header     Header
	root       field  // the key of the document that the scanner is below
	metadata   field  // the key of metadata that the scanner is below
	current    field  // the key whose value comes next
	annotation string // the key of that annotation
	captured   bool   // the last value was kept, so no further line may belong to it
	seen       [fieldAnnotation]bool
}

// key begins a key of the mapping at a depth, 1 for the document itself.
func (r *fieldReader) key(depth int, key []byte) bool {
	r.current, r.captured = fieldNone, false
	switch {
	case depth == 1:
		r.root, r.metadata = rootField(key), fieldNone
		return r.begin(r.root) && (r.root != fieldNone || !looksLikeType(key))
	case depth == 2 && r.root == fieldMetadata:
		r.metadata = metadataField(key)
		return r.begin(r.metadata)
	case depth == 3 && r.root == fieldMetadata && r.metadata == fieldAnnotations:
		r.current, r.annotation = fieldAnnotation, string(key)
		_, duplicate := r.header.Annotations[r.annotation]
		return !duplicate
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

// looksLikeType reports whether a decoder may read a key as apiVersion or kind.
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

// begin makes a field the current one. It returns false for a field that the document has twice.
func (r *fieldReader) begin(f field) bool {
	r.current = f
	if f == fieldNone {
		return true
	}
	duplicate := r.seen[f]
	r.seen[f] = true
	return !duplicate
}

// hasField reports whether the value of the last key may belong in the header.
func (r *fieldReader) hasField() bool { return r.current != fieldNone }

// open begins a collection below the last key. depth counts the collections around it.
func (r *fieldReader) open(depth int, sequence bool) bool {
	f := r.current
	r.current = fieldNone
	switch {
	case f == fieldNone || depth == 0:
		return true
	case f == fieldAnnotations:
		r.header.Annotated = true
		return !sequence
	}
	return f == fieldMetadata && !sequence
}

// acceptNull reports whether the last key may have no value.
func (r *fieldReader) acceptNull() bool { return r.current == fieldNone }

// acceptFlow reports whether the value of the last key may be a flow collection.
func (r *fieldReader) acceptFlow() bool { return r.current == fieldNone }

// acceptText reports whether the value of the last key may be a text of several lines. Only an unwanted annotation may
// be one.
func (r *fieldReader) acceptText() bool {
	return r.current == fieldNone || r.current == fieldAnnotation && !r.wanted(r.annotation)
}

// acceptContinuation reports whether a further line may continue the last plain scalar.
func (r *fieldReader) acceptContinuation() bool { return !r.captured }

// quoted reads a quoted string that stands on one line.
func (r *fieldReader) quoted(value []byte, quote byte) bool {
	switch {
	case r.current == fieldNone:
		return true
	case quote == '\'' && bytes.IndexByte(value, '\'') >= 0, quote == '"' && bytes.IndexByte(value, '\\') >= 0:
		return r.acceptText()
	}
	return r.keep(value)
}

// plain reads a plain scalar. It returns false if the scalar may be anything but a string.
func (r *fieldReader) plain(value []byte) bool {
	return r.current == fieldNone || isString(value) && r.keep(value)
}

// keep writes the value of the current field into the header.
func (r *fieldReader) keep(value []byte) bool {
	h := &r.header
	r.captured = true
	switch r.current {
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
		r.captured = r.wanted(r.annotation)
		if r.captured {
			if h.Annotations == nil {
				h.Annotations = map[string]string{}
			}
			h.Annotations[r.annotation] = string(value)
		}
	default:
		return false
	}
	r.current = fieldNone
	return true
}

// finish returns the header. ok is false for a document without a kind: the full parser writes the error for it.
func (r *fieldReader) finish() (header Header, ok bool) {
	return r.header, r.header.Kind != ""
}

// isString reports whether a plain scalar is certainly a string, and not a number, a boolean, a null or a date. The first
// byte says what it could be (go.yaml.in/yaml/v2, resolve.go).
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
