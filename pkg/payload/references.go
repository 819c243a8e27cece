package payload

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// References is the file image-references: an ImageStream with a tag for each component image.
type References struct {
	Name string          // metadata.name, the version of the release
	Raw  json.RawMessage // the whole document as JSON, with unknown fields
	Tags []Tag           // in the order of the file
}

// Tag is one entry of the ImageStream's spec.tags.
type Tag struct {
	Name        string            `json:"name"`
	Annotations map[string]string `json:"annotations"`
	From        *TagSource        `json:"from"`
}

// TagSource is what a tag points to. For a component image, Name is a pull spec.
type TagSource struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// imageStream has the fields of the document that count here.
type imageStream struct {
	Kind       string `json:"kind"`
	APIVersion string `json:"apiVersion"`
	Metadata   struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		Tags []Tag `json:"tags"`
	} `json:"spec"`
}

// maxTags is how many images a release may list, a hundred times more than releases have.
const maxTags = 20_000

// ParseReferences parses image-references: JSON or YAML, in UTF-8 or UTF-16, with or without a byte order mark. Other contents
// than an ImageStream with at least one tag are fault.NotFound: not a release. Data beyond a limit or with a duplicate key is
// fault.Integrity.
func ParseReferences(data []byte) (*References, error) {
	raw, err := toJSON(data)
	if err != nil {
		return nil, unreadable(err, ReferencesName, "is neither JSON nor YAML")
	}
	var stream imageStream
	err = document.Decode(raw, &stream)
	if document.IsSyntaxError(err) {
		return nil, notRelease("%s is neither JSON nor YAML: %w", ReferencesName, err)
	}
	if err != nil {
		return nil, unreadable(err, ReferencesName, "is not an ImageStream")
	}
	if stream.Kind != "ImageStream" || stream.APIVersion != "image.openshift.io/v1" {
		return nil, notRelease("%s has kind %q and apiVersion %q, want ImageStream of image.openshift.io/v1",
			ReferencesName, stream.Kind, stream.APIVersion)
	}
	switch tags := len(stream.Spec.Tags); {
	case tags == 0:
		return nil, notRelease("%s lists no component images: spec.tags is empty", ReferencesName)
	case tags > maxTags:
		return nil, fault.Errorf(fault.Integrity, "%s lists %d images, more than the %d that this program reads", ReferencesName, tags, maxTags)
	}
	return &References{Name: stream.Metadata.Name, Raw: raw, Tags: stream.Spec.Tags}, nil
}

func notRelease(format string, args ...any) error {
	return fault.Errorf(fault.NotFound, "not a release: "+format, args...)
}

// unreadable returns the error for a file that cannot be parsed: fault.Integrity beyond a limit or for a duplicate key,
// otherwise fault.NotFound.
func unreadable(err error, file, problem string) error {
	if kind := document.Kind(err, fault.NotFound); kind != fault.NotFound {
		return fault.Errorf(kind, "%s: %w", file, err)
	}
	return notRelease("%s %s: %w", file, problem, err)
}

// toJSON converts YAML to JSON. It returns data that begins like a JSON object as it is.
func toJSON(data []byte) (json.RawMessage, error) {
	text, err := document.Text(data)
	if err != nil {
		return nil, err
	}
	text = bytes.TrimSpace(text)
	switch {
	case len(text) == 0:
		return nil, errors.New("the file is empty")
	case text[0] == '{':
		return text, document.Check(text, document.MaxSize)
	}
	raw, err := document.ToJSONStrict(text, nil)
	if err == nil && raw[0] != '{' {
		err = errors.New("it is not an object")
	}
	return raw, err
}
