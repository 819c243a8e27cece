package v1alpha1

import (
	"encoding/json"

	"github.com/release-x/oc-release-x/pkg/payload"
)

// ReleaseInfo is the document of the command info. Every field but the first four is where and as
// `oc adm release info -o json` has it, nulls and the capitals in displayVersions included, because scripts
// read it.
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
	Versions        any                       `json:"versions"` // always null: out of use
	DisplayVersions map[string]DisplayVersion `json:"displayVersions"`
	VersionsTags    map[string]string         `json:"versionsTags"`
	Images          map[string]InfoImage      `json:"images"` // null unless they were read
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

// NewReleaseInfo makes the document of a release. config is the image's configuration with layerSize, the
// sum of its layers in bytes; nil for a source that has none.
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
