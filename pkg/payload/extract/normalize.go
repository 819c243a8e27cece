package extract

import (
	"bytes"

	"sigs.k8s.io/yaml"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// normalize writes documents as `oc adm release extract` does: each after a separator, as YAML with sorted
// fields, without comments (oc, pkg/cli/admin/release/extract.go).
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
