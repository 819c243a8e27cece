package v1alpha1

import (
	"slices"

	"github.com/release-x/oc-release-x/pkg/payload"
)

// ComponentImageList is the document of `images`.
type ComponentImageList struct {
	TypeMeta `json:",inline"`
	Metadata ListMeta         `json:"metadata"`
	Release  *Release         `json:"release,omitempty"`
	Releases []Release        `json:"releases,omitempty"` // instead of release if several were requested
	Items    []ComponentImage `json:"items"`

	reordered bool // Reorder was called
}

// ComponentImage is one image of a release.
type ComponentImage struct {
	TypeMeta   `json:",inline"`
	Metadata   ObjectMeta         `json:"metadata"`
	Release    *Release           `json:"release,omitempty"`    // if several releases were requested
	Image      string             `json:"image"`                // pull spec
	Digest     string             `json:"digest,omitempty"`     // sha256:…
	Repository string             `json:"repository,omitempty"` // source repository
	Commit     string             `json:"commit,omitempty"`     // source commit
	Versions   []ComponentVersion `json:"versions,omitempty"`
	Purpose    string             `json:"purpose,omitempty"`
	Groups     []string           `json:"groups,omitempty"`
	Aliases    []string           `json:"aliases,omitempty"`

	releaseIndex int
}

// ReleaseIndex is the place of the item's release in the Releases of its list; 0 if only one release was requested.
func (c ComponentImage) ReleaseIndex() int { return c.releaseIndex }

// ComponentVersion is a version that an image reports, such as kubernetes 1.27.6.
type ComponentVersion struct {
	Name        string `json:"name"`
	Version     string `json:"version"`
	DisplayName string `json:"displayName,omitempty"`
}

// NewComponentImageList returns the list of components of one release.
func NewComponentImageList(release Release, components []payload.Component) *ComponentImageList {
	list := &ComponentImageList{TypeMeta: typeMeta("ComponentImageList"), Release: &release, Items: []ComponentImage{}}
	for _, c := range components {
		list.Items = append(list.Items, newComponentImage(c))
	}
	return list
}

// Merge combines the lists of several releases. Each item then has its release.
func Merge(lists []*ComponentImageList) *ComponentImageList {
	if len(lists) == 1 {
		return lists[0]
	}
	merged := &ComponentImageList{TypeMeta: typeMeta("ComponentImageList"), Items: []ComponentImage{}}
	for i, list := range lists {
		merged.Releases = append(merged.Releases, *list.Release)
		for _, item := range list.Items {
			item.Release, item.releaseIndex = list.Release, i
			merged.Items = append(merged.Items, item)
		}
	}
	return merged
}

func newComponentImage(c payload.Component) ComponentImage {
	item := ComponentImage{
		TypeMeta:   typeMeta("ComponentImage"),
		Metadata:   ObjectMeta{Name: c.Name},
		Image:      c.Image,
		Digest:     c.Digest.String(),
		Repository: c.Repository,
		Commit:     c.Commit,
		Purpose:    c.Purpose,
		Groups:     c.Groups,
		Aliases:    c.Aliases,
	}
	for _, v := range c.Versions {
		item.Versions = append(item.Versions, ComponentVersion{Name: v.Name, Version: v.Version, DisplayName: v.DisplayName})
	}
	return item
}

// Reorder moves item order[i] to place i.
func (l *ComponentImageList) Reorder(order []int) {
	l.Items, l.reordered = reordered(l.Items, order), true
}

// Names returns the names of the components, each once: sorted, or in the order that Reorder gave the items.
func (l *ComponentImageList) Names() []string {
	var names []string
	seen := map[string]bool{}
	for _, item := range l.Items {
		if name := item.Metadata.Name; !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	if !l.reordered {
		slices.Sort(names)
	}
	return names
}
