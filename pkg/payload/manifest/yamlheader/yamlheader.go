// Package yamlheader reads the header of a Kubernetes object: its type, its names and some of its annotations.
//
// A full parse of a release's YAML takes most of a second, and a listing needs only a few lines of each document. [Scan]
// walks the lines of a document once and reads the header from them. It knows a plain subset of YAML: block mappings and
// sequences, plain and quoted scalars, block scalars, short flow collections. It gives up on everything else, and the
// caller then converts the document to JSON and calls [Decode]. Scan must never accept what the parser refuses or reads
// differently; FuzzScan checks this.
package yamlheader

import (
	"encoding/json"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// Header is the part of an object that a listing needs.
type Header struct {
	APIVersion string
	Kind       string
	Namespace  string
	Name       string

	// Annotated is false for an object without annotations, or with an annotation that is not a string: the operator
	// includes neither.
	Annotated bool

	// Annotations has only the annotations that the caller wants.
	Annotations map[string]string
}

// Group is the part of APIVersion before the slash, empty for the core group.
func (h Header) Group() string {
	if group, _, ok := strings.Cut(h.APIVersion, "/"); ok {
		return group
	}
	return ""
}

// Version is the part of APIVersion after the slash.
func (h Header) Version() string {
	if _, version, ok := strings.Cut(h.APIVersion, "/"); ok {
		return version
	}
	return h.APIVersion
}

// Decode reads the header from the JSON of an object. wanted selects annotations by their keys. Odd fields are read as the
// operator's decoder reads them: it is an error if apiVersion or kind is not a string, and other fields of another type
// count as absent.
func Decode(object []byte, wanted func(annotation string) bool) (Header, error) {
	var types struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if err := json.Unmarshal(object, &types); err != nil {
		return Header{}, fmt.Errorf("reading apiVersion and kind: %w", err)
	}
	if _, err := schema.ParseGroupVersion(types.APIVersion); err != nil {
		return Header{}, err
	}
	var content map[string]any
	if err := utiljson.Unmarshal(object, &content); err != nil {
		return Header{}, err
	}
	var header Header
	header.APIVersion, _ = content["apiVersion"].(string)
	header.Kind, _ = content["kind"].(string)
	metadata, _ := content["metadata"].(map[string]any)
	header.Name, _ = metadata["name"].(string)
	header.Namespace, _ = metadata["namespace"].(string)
	header.Annotations, header.Annotated = decodeAnnotations(metadata["annotations"], wanted)
	return header, nil
}

// decodeAnnotations returns the wanted annotations. A null counts as an empty string; with any other value that is not a
// string the operator sees no annotations at all, and ok is false.
func decodeAnnotations(value any, wanted func(string) bool) (found map[string]string, ok bool) {
	annotations, ok := value.(map[string]any)
	if !ok {
		return nil, false
	}
	for key, value := range annotations {
		text, isText := value.(string)
		if !isText && value != nil {
			return nil, false
		}
		if wanted(key) {
			if found == nil {
				found = map[string]string{}
			}
			found[key] = text
		}
	}
	return found, true
}
