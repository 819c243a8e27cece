// Package claim reads what a signature says: that an image has a digest. OpenPGP and sigstore signatures use documents of
// one shape (containers/image, docs/atomic-signature.md) and differ in the type they name and in how strict they are about
// the optional part.
//
// A claim is worth nothing before the signature over its bytes was verified; that is for the caller.
package claim

import (
	"encoding/json"
	"errors"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Form is one of the two kinds of document.
type Form string

// The forms, by the type that their documents name.
const (
	Atomic Form = "atomic container signature"       // the body of an OpenPGP message
	Cosign Form = "cosign container image signature" // the payload of a sigstore signature
)

// Claim is what a document says.
type Claim struct {
	Digest    digest.Digest // of the image's manifest
	Reference string        // the image's name where it was signed; never empty
	Creator   string        // the program that signed; empty when the document does not say
}

// Parse reads a document of a form. Fields that the form does not have, fields twice or in another case, another type and
// an empty reference are fault.Integrity: a cluster refuses them too, or two programs could read them in two ways.
func Parse(body []byte, form Form) (Claim, error) {
	claim, err := parse(body, form)
	if err != nil {
		return Claim{}, fault.Errorf(fault.Integrity, "the signed document %w", err)
	}
	return claim, nil
}

func parse(body []byte, form Form) (Claim, error) {
	document, err := readObject(body)
	if err != nil {
		return Claim{}, errorf("is not read: %w", err)
	}
	if err := document.only("", "critical", "optional"); err != nil {
		return Claim{}, err
	}
	critical, err := document.object("", "critical", "type", "image", "identity")
	if err != nil {
		return Claim{}, err
	}
	kind, err := critical.text("critical.", "type")
	if err != nil {
		return Claim{}, err
	}
	if kind != string(form) {
		return Claim{}, errorf("is of type %.80q, want %q", kind, form)
	}
	image, err := critical.object("critical.", "image", "docker-manifest-digest")
	if err != nil {
		return Claim{}, err
	}
	identity, err := critical.object("critical.", "identity", "docker-reference")
	if err != nil {
		return Claim{}, err
	}
	text, err := image.text("critical.image.", "docker-manifest-digest")
	if err != nil {
		return Claim{}, err
	}
	signed, err := oci.ParseDigest(text)
	if err != nil {
		return Claim{}, errorf("names a %w", err)
	}
	reference, err := identity.text("critical.identity.", "docker-reference")
	if err != nil {
		return Claim{}, err
	}
	if reference == "" {
		return Claim{}, errors.New("names no image: critical.identity.docker-reference is empty")
	}
	creator, err := readOptional(document, form)
	return Claim{Digest: signed, Reference: reference, Creator: creator}, err
}

// readOptional reads the part that decides nothing. A cluster refuses an OpenPGP document with a field that it does not know
// even here, and lets sigstore's annotations pass.
func readOptional(document object, form Form) (creator string, err error) {
	raw, ok := document["optional"]
	if !ok || string(raw) == "null" {
		return "", nil
	}
	optional, err := readObject(raw)
	if err != nil {
		return "", errorf("has an optional part that is not read: %w", err)
	}
	if form == Cosign {
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
