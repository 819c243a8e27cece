package payload

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/blang/semver/v4"

	"github.com/release-x/oc-release-x/pkg/payload/document"
)

// Metadata is the file release-metadata.
type Metadata struct {
	Kind     string                     `json:"kind"` // cincinnati-metadata-v0
	Version  string                     `json:"version"`
	Previous []string                   `json:"previous"`
	Next     []string                   `json:"next,omitempty"`
	Metadata map[string]json.RawMessage `json:"metadata,omitempty"` // url and other entries
}

// ParseMetadata parses release-metadata. Other contents are fault.NotFound: not a release. Data beyond a limit or with a duplicate
// key is fault.Integrity.
func ParseMetadata(data []byte) (*Metadata, error) {
	var m Metadata
	text, err := document.Text(data)
	if err == nil {
		err = document.Check(text, document.MaxSize)
	}
	if err == nil {
		err = document.Decode(text, &m)
	}
	if err != nil {
		return nil, unreadable(err, MetadataName, "is not JSON")
	}
	if m.Kind != "cincinnati-metadata-v0" {
		return nil, notRelease("%s has kind %q, want cincinnati-metadata-v0", MetadataName, m.Kind)
	}
	if _, err := semver.Parse(m.Version); err != nil {
		return nil, notRelease("%s has version %q, which is not a semantic version: %w", MetadataName, m.Version, err)
	}
	return &m, nil
}

// Upgrades returns the versions that can update to this one, in semantic order. If one of them is not a semantic version, they
// keep the order of the file.
func (m *Metadata) Upgrades() []string {
	parsed := make([]semver.Version, 0, len(m.Previous))
	for _, text := range m.Previous {
		v, err := semver.Parse(text)
		if err != nil {
			return m.Previous
		}
		parsed = append(parsed, v)
	}
	slices.SortStableFunc(parsed, semver.Version.Compare)
	sorted := make([]string, 0, len(parsed))
	for _, v := range parsed {
		sorted = append(sorted, v.String())
	}
	return sorted
}

// Annotations returns the entries of the metadata as text, by name, without empty values.
func (m *Metadata) Annotations() map[string]string {
	texts := map[string]string{}
	for name, raw := range m.Metadata {
		var value any
		if json.Unmarshal(raw, &value) != nil {
			continue
		}
		switch v := value.(type) {
		case string:
			if v != "" {
				texts[name] = v
			}
		case []any:
			if len(v) > 0 {
				texts[name] = strings.Trim(fmt.Sprint(v...), " ")
			}
		case map[string]any:
			if len(v) > 0 {
				texts[name] = string(raw)
			}
		case nil:
		default:
			texts[name] = string(raw)
		}
	}
	return texts
}
