// Package simplesigning reads simple signing documents, which say that an image has a digest (containers/image,
// docs/atomic-signature.md). OpenPGP and sigstore signatures are over such documents. They differ in the type that the
// document names and in how strict they are about its optional part.
//
// A document proves nothing until the caller has verified the signature over its bytes.
package simplesigning

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Format is one of the two formats of documents, by the type that the documents name.
type Format string

// The formats.
const (
	Atomic Format = "atomic container signature"       // the body of an OpenPGP message
	Cosign Format = "cosign container image signature" // the payload of a sigstore signature
)

// Document is what a document says.
type Document struct {
	Digest    digest.Digest // of the image's manifest
	Reference string        // the image's name when it was signed; never empty
	Creator   string        // the program that signed; empty when the document does not say
}

// Parse reads a document. Unknown fields, duplicate fields, field names in another case, another type and an empty
// reference are fault.Integrity: a cluster refuses them too, or two programs could read them differently.
func Parse(body []byte, format Format) (Document, error) {
	document, err := parse(body, format)
	if err != nil {
		return Document{}, fault.Errorf(fault.Integrity, "the signed document %w", err)
	}
	return document, nil
}

func parse(body []byte, format Format) (Document, error) {
	document, err := readObject(body)
	if err != nil {
		return Document{}, fmt.Errorf("is not read: %w", err)
	}
	if err := document.only("", "critical", "optional"); err != nil {
		return Document{}, err
	}
	critical, err := document.object("", "critical", "type", "image", "identity")
	if err != nil {
		return Document{}, err
	}
	kind, err := critical.text("critical.", "type")
	if err != nil {
		return Document{}, err
	}
	if kind != string(format) {
		return Document{}, fmt.Errorf("is of type %.80q, want %q", kind, format)
	}
	image, err := critical.object("critical.", "image", "docker-manifest-digest")
	if err != nil {
		return Document{}, err
	}
	identity, err := critical.object("critical.", "identity", "docker-reference")
	if err != nil {
		return Document{}, err
	}
	text, err := image.text("critical.image.", "docker-manifest-digest")
	if err != nil {
		return Document{}, err
	}
	signed, err := oci.ParseDigest(text)
	if err != nil {
		return Document{}, fmt.Errorf("names a %w", err)
	}
	reference, err := identity.text("critical.identity.", "docker-reference")
	if err != nil {
		return Document{}, err
	}
	if reference == "" {
		return Document{}, errors.New("names no image: critical.identity.docker-reference is empty")
	}
	creator, err := readOptional(document, format)
	return Document{Digest: signed, Reference: reference, Creator: creator}, err
}

// readOptional reads the optional part. A cluster refuses unknown fields even here in an OpenPGP document, and accepts
// sigstore's annotations.
func readOptional(document object, format Format) (creator string, err error) {
	raw, ok := document["optional"]
	if !ok || string(raw) == "null" {
		return "", nil
	}
	optional, err := readObject(raw)
	if err != nil {
		return "", fmt.Errorf("has an optional part that is not read: %w", err)
	}
	if format == Cosign {
		creator, _ = optional.text("optional.", "creator")
		return creator, nil
	}
	if err := optional.only("optional.", "creator", "timestamp"); err != nil {
		return "", err
	}
	if raw, ok := optional["timestamp"]; ok {
		var seconds int64
		if err := json.Unmarshal(raw, &seconds); err != nil {
			return "", errors.New("has an optional.timestamp that is not a whole number")
		}
	}
	if _, ok := optional["creator"]; !ok {
		return "", nil
	}
	return optional.text("optional.", "creator")
}

// object is a JSON object with exact keys. With a struct, encoding/json would accept keys in another case, and duplicate keys.
type object map[string]json.RawMessage

// readObject reads exactly one JSON object with nothing after it.
func readObject(data []byte) (object, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("it is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, errors.New("it is not a JSON object")
	}
	fields := object{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, fmt.Errorf("it is not a JSON object: %w", err)
		}
		name, _ := token.(string)
		if _, twice := fields[name]; twice {
			return nil, fmt.Errorf("it has the field %.80q twice", name)
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, fmt.Errorf("it is not a JSON object: %w", err)
		}
		fields[name] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, fmt.Errorf("it is not a JSON object: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	return fields, nil
}

// only refuses fields beyond those named.
func (o object) only(path string, names ...string) error {
	var unknown []string
	for name := range o {
		if !slices.Contains(names, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return fmt.Errorf("has the unknown field %.120q", path+slices.Min(unknown))
}

// object reads a field that is an object with exactly the fields named.
func (o object) object(path, name string, fields ...string) (object, error) {
	raw, ok := o[name]
	if !ok {
		return nil, fmt.Errorf("has no %s", path+name)
	}
	inner, err := readObject(raw)
	if err != nil {
		return nil, fmt.Errorf("has a %s that is not read: %w", path+name, err)
	}
	return inner, inner.only(path+name+".", fields...)
}

// text reads a field that is a string.
func (o object) text(path, name string) (string, error) {
	raw, ok := o[name]
	if !ok {
		return "", fmt.Errorf("has no %s", path+name)
	}
	var text *string
	if err := json.Unmarshal(raw, &text); err != nil || text == nil {
		return "", fmt.Errorf("has no text in %s", path+name)
	}
	return *text, nil
}
