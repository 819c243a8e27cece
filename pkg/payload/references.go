package payload

import (
	"bytes"
	"encoding/json"
	"errors"

	"sigs.k8s.io/yaml"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// References is the file image-references: an ImageStream with one tag a component image.
type References struct {
	Name string          // metadata.name: the version of the release
	Raw  json.RawMessage // the whole document as JSON, with every field that this program does not know
	Tags []Tag           // in the order of the file
}

// Tag is one entry of the ImageStream's spec.tags.
type Tag struct {
	Name        string            `json:"name"`
	Annotations map[string]string `json:"annotations"`
	From        *TagSource        `json:"from"`
}

// TagSource is what a tag points to: for a component image a pull spec.
type TagSource struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// imageStream is the part of the document that is understood here.
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

// ParseReferences reads image-references, JSON as releases have it or YAML, with or without a byte order
// mark. Anything that is not an ImageStream with at least one tag is fault.NotFound: not a release.
func ParseReferences(data []byte) (*References, error) {
	raw, err := toJSON(data)
	if err != nil {
		return nil, notRelease("%s is neither JSON nor YAML: %w", ReferencesName, err)
	}
	var stream imageStream
	err = json.Unmarshal(raw, &stream)
	if _, broken := errors.AsType[*json.SyntaxError](err); broken {
		return nil, notRelease("%s is neither JSON nor YAML: %w", ReferencesName, err)
	}
	if err != nil {
		return nil, notRelease("%s is not an ImageStream: %w", ReferencesName, err)
	}
	if stream.Kind != "ImageStream" || stream.APIVersion != "image.openshift.io/v1" {
		return nil, notRelease("%s has kind %q and apiVersion %q, want ImageStream of image.openshift.io/v1",
			ReferencesName, stream.Kind, stream.APIVersion)
	}
	if len(stream.Spec.Tags) == 0 {
		return nil, notRelease("%s lists no component images: spec.tags is empty", ReferencesName)
	}
	return &References{Name: stream.Metadata.Name, Raw: raw, Tags: stream.Spec.Tags}, nil
}

func notRelease(format string, args ...any) error {
	return fault.Errorf(fault.NotFound, "not a release: "+format, args...)
}

// toJSON gives data as JSON: as it is, and not checked, when it begins like a JSON object, converted when it is YAML.
func toJSON(data []byte) (json.RawMessage, error) {
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	if len(data) == 0 {
		return nil, errors.New("the file is empty")
	}
	if data[0] == '{' {
		return data, nil
	}
	raw, err := yaml.YAMLToJSON(data)
	if err == nil && raw[0] != '{' {
		err = errors.New("it is no object")
	}
	return raw, err
}
