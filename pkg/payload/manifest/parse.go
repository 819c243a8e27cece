package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/release-x/oc-release-x/pkg/payload/document"
)

var errNull = errors.New("null document")

// toJSON converts one YAML document as the operator does: the result is its compact JSON, byte for byte. errNull is
// the answer to a document without content.
func toJSON(text []byte, budget *document.Budget) ([]byte, error) {
	converted, err := document.ToJSON(asLines(text), budget)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(converted, []byte("null")) {
		return nil, errNull
	}
	return converted, nil
}

// asLines ends every line of a document with a newline alone, as the operator's reader does.
func asLines(text []byte) []byte {
	if bytes.IndexByte(text, '\r') >= 0 {
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	}
	if !bytes.HasSuffix(text, []byte("\n")) {
		text = append(text[:len(text):len(text)], '\n')
	}
	return text
}

// readHeader reads a header from the JSON of an object, with what the operator's decoder makes of odd fields: apiVersion
// and kind of another type are errors, other fields count as absent.
func readHeader(object []byte, budget *document.Budget) (Header, error) {
	defer budget.Hold(object)()
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
	header.Annotations, header.Annotated = readAnnotations(metadata["annotations"])
	return header, nil
}

// readAnnotations keeps the annotations that decide; null is an empty string, anything else than a string makes the
// operator see none.
func readAnnotations(value any) (decisive map[string]string, ok bool) {
	annotations, ok := value.(map[string]any)
	if !ok {
		return nil, false
	}
	for key, value := range annotations {
		text, isText := value.(string)
		if !isText && value != nil {
			return nil, false
		}
		if decides(key) {
			if decisive == nil {
				decisive = map[string]string{}
			}
			decisive[key] = text
		}
	}
	return decisive, true
}
