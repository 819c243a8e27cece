package v1alpha1

import (
	"encoding/json"
	"fmt"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// ReleaseInfo is the document of `info`. Scripts read it, so all fields but the first four are the same as in
// `oc adm release info -o json`, including nulls and the capitals in displayVersions.
type ReleaseInfo struct {
	TypeMeta `json:",inline"`
	Release  Release `json:"release"`

	Image           string                    `json:"image"` // the reference that was read
	Digest          string                    `json:"digest"`
	ContentDigest   string                    `json:"contentDigest"`
	ListDigest      string                    `json:"listDigest"`
	Config          json.RawMessage           `json:"config"`
	ReleaseMetadata *ReleaseMetadata          `json:"metadata"`
	References      json.RawMessage           `json:"references"`
	Versions        any                       `json:"versions"` // always null, as in oc
	DisplayVersions map[string]DisplayVersion `json:"displayVersions"`
	VersionsTags    map[string]string         `json:"versionsTags"`
	Images          map[string]InfoImage      `json:"images"` // null unless the images were read
	Warnings        []string                  `json:"warnings"`
}

// ReleaseMetadata is the file release-metadata.
type ReleaseMetadata struct {
	Kind     string                     `json:"kind"`
	Version  string                     `json:"version"`
	Previous []string                   `json:"previous"`
	Next     []string                   `json:"next,omitempty"`
	Metadata map[string]json.RawMessage `json:"metadata,omitempty"`
}

// DisplayVersion is a version that components report.
type DisplayVersion struct {
	Version     string `json:"Version"`
	DisplayName string `json:"DisplayName"`
}

// NewReleaseInfo returns the document of a release. config is the image's configuration, nil if the source has none; layerSize
// is the sum of the layers in bytes.
func NewReleaseInfo(release Release, r *payload.Release, config json.RawMessage, layerSize int64) (*ReleaseInfo, error) {
	info := &ReleaseInfo{
		TypeMeta:        typeMeta("ReleaseInfo"),
		Release:         release,
		Image:           release.Reference,
		Digest:          release.Digest,
		ContentDigest:   release.Digest,
		ListDigest:      release.ListDigest,
		DisplayVersions: map[string]DisplayVersion{},
		VersionsTags:    map[string]string{},
		Warnings:        r.VersionWarnings,
	}
	if m := r.Metadata; m != nil {
		info.ReleaseMetadata = &ReleaseMetadata{
			Kind: m.Kind, Version: m.Version, Previous: m.Previous, Next: m.Next, Metadata: m.Metadata,
		}
	}
	for name, v := range r.Reported {
		info.DisplayVersions[name] = DisplayVersion{Version: v.Version, DisplayName: v.DisplayName}
		info.VersionsTags[name] = v.Component
	}
	var err error
	if info.Config, err = withDefaults(config, configDefaults(layerSize)); err != nil {
		return nil, err
	}
	if info.References, err = referencesDocument(r.References.Raw); err != nil {
		return nil, err
	}
	return info, nil
}

// InfoImage is the image of a component, as in `oc adm release info --include-images -o json`.
type InfoImage struct {
	Name          string          `json:"name"` // pull spec
	Digest        string          `json:"digest"`
	ContentDigest string          `json:"contentDigest"`
	ListDigest    string          `json:"listDigest"`
	MediaType     string          `json:"mediaType"`
	Layers        []InfoLayer     `json:"layers"` // lowest first
	Config        json.RawMessage `json:"config"`
}

// InfoLayer is a layer of an image.
type InfoLayer struct {
	MediaType   string            `json:"mediaType,omitempty"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	URLs        []string          `json:"urls,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// SetContents sets the layers of an image and its configuration.
func (i *InfoImage) SetContents(layers []oci.Descriptor, config json.RawMessage) error {
	size := int64(0)
	i.Layers = make([]InfoLayer, 0, len(layers))
	for _, l := range layers {
		size += l.Size
		i.Layers = append(i.Layers, InfoLayer{l.MediaType, l.Digest.String(), l.Size, l.URLs, l.Annotations})
	}
	var err error
	i.Config, err = withDefaults(config, configDefaults(size))
	return err
}

// configDefaults returns the fields of an image's configuration that oc always prints.
func configDefaults(layerSize int64) map[string]any {
	return map[string]any{"id": "", "container_config": map[string]any{}, "created": nil, "size": layerSize}
}

// withDefaults adds fields to a JSON object if they are missing. The result for null is null.
func withDefaults(object json.RawMessage, defaults map[string]any) (json.RawMessage, error) {
	if len(object) == 0 {
		return json.RawMessage("null"), nil
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(object, &fields); err != nil {
		return nil, fmt.Errorf("reading the image configuration: %w", err)
	}
	if err := addDefaults(fields, defaults); err != nil {
		return nil, err
	}
	return json.Marshal(fields)
}

func addDefaults(fields map[string]json.RawMessage, defaults map[string]any) error {
	for name, value := range defaults {
		if _, ok := fields[name]; ok {
			continue
		}
		raw, err := json.Marshal(value)
		if err != nil {
			return err
		}
		fields[name] = raw
	}
	return nil
}

// referencesDocument returns image-references with the fields that oc always prints.
func referencesDocument(raw json.RawMessage) (json.RawMessage, error) {
	stream, err := section(raw, map[string]any{"status": map[string]any{"dockerImageRepository": ""}})
	if err != nil {
		return nil, err
	}
	metadata, err := section(stream["metadata"], map[string]any{"creationTimestamp": nil})
	if err != nil {
		return nil, err
	}
	spec, err := section(stream["spec"], map[string]any{"lookupPolicy": map[string]any{"local": false}})
	if err != nil {
		return nil, err
	}
	var tags []json.RawMessage
	if err := json.Unmarshal(spec["tags"], &tags); err != nil {
		return nil, fmt.Errorf("reading image-references: spec.tags: %w", err)
	}
	for i, tag := range tags {
		fields, err := section(tag, map[string]any{
			"annotations": nil, "generation": nil,
			"importPolicy": map[string]any{}, "referencePolicy": map[string]any{"type": ""},
		})
		if err != nil {
			return nil, err
		}
		if tags[i], err = json.Marshal(fields); err != nil {
			return nil, err
		}
	}
	if spec["tags"], err = json.Marshal(tags); err != nil {
		return nil, err
	}
	if stream["metadata"], err = json.Marshal(metadata); err != nil {
		return nil, err
	}
	if stream["spec"], err = json.Marshal(spec); err != nil {
		return nil, err
	}
	return json.Marshal(stream)
}

// section reads a JSON object and adds missing fields. If there is no object, the result has only the defaults.
func section(raw json.RawMessage, defaults map[string]any) (map[string]json.RawMessage, error) {
	fields := map[string]json.RawMessage{}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &fields); err != nil {
			return nil, fmt.Errorf("reading image-references: %w", err)
		}
	}
	if fields == nil { // null
		fields = map[string]json.RawMessage{}
	}
	return fields, addDefaults(fields, defaults)
}
