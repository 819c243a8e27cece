package v1alpha1

import (
	"encoding/json"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// ReleaseManifestList is the document of `manifests`.
type ReleaseManifestList struct {
	TypeMeta `json:",inline"`
	Metadata ListMeta          `json:"metadata"`
	Release  Release           `json:"release"`
	Items    []ReleaseManifest `json:"items"`
}

// ReleaseManifest is one object of a payload. Its name is FILE#DOCUMENT, the document counted from 1.
type ReleaseManifest struct {
	TypeMeta     `json:",inline"`
	Metadata     ObjectMeta      `json:"metadata"`
	Index        int             `json:"index,omitempty"` // position among all objects that the operator loads, from 1; 0 if it is not loaded
	Level        string          `json:"level,omitempty"` // run level, as in the file name
	Component    string          `json:"component,omitempty"`
	Folder       string          `json:"folder"` // manifests or release-manifests
	File         string          `json:"file"`
	Document     int             `json:"document"`
	Object       ObjectReference `json:"object"`
	Capabilities []string        `json:"capabilities,omitempty"`
	FeatureSets  []string        `json:"featureSets,omitempty"`
	FeatureGates []string        `json:"featureGates,omitempty"`
	State        string          `json:"state"`              // included, excluded or invalid
	Reason       string          `json:"reason,omitempty"`   // the first rule that failed; of included objects the implicitly enabled capabilities
	Manifest     json.RawMessage `json:"manifest,omitempty"` // the object, with --objects
}

// NewReleaseManifestList returns the list of the entries of a payload, with the objects themselves if objects is set.
func NewReleaseManifestList(release Release, entries []manifest.Entry, objects bool) *ReleaseManifestList {
	list := &ReleaseManifestList{
		TypeMeta: typeMeta("ReleaseManifestList"), Release: release,
		Items: make([]ReleaseManifest, 0, len(entries)),
	}
	for _, e := range entries {
		item := newReleaseManifest(e)
		if objects {
			// An object that cannot be read has no JSON. Its reason explains it.
			item.Manifest, _ = e.JSON()
		}
		list.Items = append(list.Items, item)
	}
	return list
}

func newReleaseManifest(e manifest.Entry) ReleaseManifest {
	return ReleaseManifest{
		TypeMeta:  typeMeta("ReleaseManifest"),
		Metadata:  ObjectMeta{Name: e.ID()},
		Index:     e.Index,
		Level:     e.Level,
		Component: e.Component,
		Folder:    string(e.Directory),
		File:      e.File,
		Document:  e.Document,
		Object: ObjectReference{
			APIVersion: e.APIVersion(), Kind: e.Kind, Namespace: e.Namespace, Name: e.Name,
		},
		Capabilities: e.Capabilities,
		FeatureSets:  e.FeatureSets,
		FeatureGates: e.FeatureGates,
		State:        string(e.State),
		Reason:       e.Reason,
	}
}

// Reorder moves item order[i] to place i.
func (l *ReleaseManifestList) Reorder(order []int) { l.Items = reordered(l.Items, order) }

func reordered[T any](items []T, order []int) []T {
	sorted := make([]T, len(order))
	for i, from := range order {
		sorted[i] = items[from]
	}
	return sorted
}
