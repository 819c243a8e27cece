package oci

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// MaxManifest limits manifests and configurations, in bytes. Registries have similar limits.
const MaxManifest = 8 << 20

// Manifest is a parsed manifest: of an image, or a list of entries.
type Manifest struct {
	MediaType string // from the body, or as it was declared; empty if both say nothing
	List      bool
	Entries   []Descriptor // of a list
	Config    Descriptor
	Layers    []Descriptor // the lowest first
}

// NotImageError is the error of a manifest that is neither of an image nor of a list of images. Its kind is fault.NotFound.
type NotImageError struct{ reason string }

func (e *NotImageError) Error() string { return e.reason }

func notImage(format string, args ...any) error {
	return fault.Errorf(fault.NotFound, "%w", &NotImageError{fmt.Sprintf(format, args...)})
}

// ParseManifest reads a manifest strictly. A manifest that two programs could read differently is fault.Integrity, one of
// another kind is a NotImageError, and one of schema 1 is fault.NotFound. declared is the media type that came with the
// manifest; types that are not those of manifests, such as application/json, are ignored.
func ParseManifest(body []byte, declared string) (*Manifest, error) {
	if len(body) > MaxManifest {
		return nil, fault.Errorf(fault.Integrity, "the manifest has more than %d bytes", MaxManifest)
	}
	var fields map[string]json.RawMessage // distinguishes upper and lower case, unlike a struct
	switch err := document.Decode(body, &fields); {
	case err == nil:
	case document.Kind(err, fault.NotFound) == fault.Integrity:
		return nil, fault.Errorf(fault.Integrity, "the manifest: %w", err)
	default:
		return nil, fault.Errorf(fault.Integrity, "the manifest is not a JSON object: %w", err)
	}
	mediaType, err := manifestType(fields, declared)
	if err != nil {
		return nil, err
	}
	_, isList := fields["manifests"]
	_, hasConfig := fields["config"]
	_, hasLayers := fields["layers"]
	switch {
	case isList && (hasConfig || hasLayers):
		return nil, fault.Errorf(fault.Integrity, "the manifest is both an image and a list")
	case mediaType == "" && !isList && !hasLayers:
		return nil, notImage("the manifest is neither of an image nor a list of images")
	case IsListType(mediaType) && !isList, isImageType(mediaType) && (isList || !hasLayers || !hasConfig):
		return nil, fault.Errorf(fault.Integrity, "the manifest is not what its media type %s says", mediaType)
	case isList:
		m := &Manifest{MediaType: mediaType, List: true}
		err = decodeField(fields, "manifests", &m.Entries)
		return m, firstError(err, checkDescriptors("manifests", m.Entries))
	}
	m := &Manifest{MediaType: mediaType}
	err = firstError(decodeField(fields, "config", &m.Config), decodeField(fields, "layers", &m.Layers))
	return m, firstError(err, checkDescriptors("config", []Descriptor{m.Config}), checkDescriptors("layers", m.Layers))
}

// manifestType returns the media type of a manifest. The type in the body and the declared one must be equal.
func manifestType(fields map[string]json.RawMessage, declared string) (string, error) {
	var own string
	var version int
	if err := firstError(decodeField(fields, "mediaType", &own), decodeField(fields, "schemaVersion", &version)); err != nil {
		return "", err
	}
	declared = ManifestType(declared)
	if _, signed := fields["fsLayers"]; version == 1 || signed || isSchema1(own) || isSchema1(declared) {
		return "", fault.Errorf(fault.NotFound, "the image has a manifest of schema 1, which is unsupported: push it again with a newer client")
	}
	// Artifact manifests have no schemaVersion, so check the type first.
	for _, t := range []string{own, declared} {
		if t != "" && !IsListType(t) && !isImageType(t) {
			return "", notImage("a manifest of type %q is not supported", brief(t))
		}
	}
	if version != 2 {
		return "", fault.Errorf(fault.Integrity, "the manifest has schemaVersion %d, want 2", version)
	}
	if own != "" && declared != "" && own != declared {
		return "", fault.Errorf(fault.Integrity, "the manifest says that it is %s, but it came as %s", strconv.Quote(brief(own)), strconv.Quote(brief(declared)))
	}
	if own == "" {
		own = declared
	}
	return own, nil
}

// decodeField decodes a field that may be absent.
func decodeField(fields map[string]json.RawMessage, name string, into any) error {
	raw, ok := fields[name]
	if !ok {
		return nil
	}
	if err := document.Decode(raw, into); err != nil {
		return fault.Errorf(fault.Integrity, "the manifest's %s: %w", name, err)
	}
	return nil
}

// checkDescriptors refuses digests that are not safe in a URL or a path, and negative sizes.
func checkDescriptors(field string, descriptors []Descriptor) error {
	for i, d := range descriptors {
		name := field
		if len(descriptors) > 1 {
			name = fmt.Sprintf("%s[%d]", field, i)
		}
		if _, err := ParseDigest(string(d.Digest)); err != nil {
			return fmt.Errorf("the manifest's %s: %w", name, err)
		}
		if d.Size < 0 {
			return fault.Errorf(fault.Integrity, "the manifest's %s: its size is %d", name, d.Size)
		}
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
