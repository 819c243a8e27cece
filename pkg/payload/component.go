package payload

import (
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Component is one image of a release.
type Component struct {
	Name       string
	Image      string        // pull spec, as image-references has it
	Digest     digest.Digest // "" when the pull spec has none
	Repository string        // source repository, "" when the release does not say
	Commit     string        // source commit, "" when the release does not say
	Versions   []ComponentVersion
	Purpose    string   // for the key components of a manual installation
	Groups     []string // sorted
	Aliases    []string // other names by which it is found, sorted
}

// components reads the tags of image-references: sorted by name, with a warning for each tag that is no
// image and for each image that is not referenced by digest.
func components(tags []Tag) (list []Component, warnings []string, err error) {
	for _, tag := range tags {
		if tag.From == nil || tag.From.Kind != "DockerImage" {
			warnings = append(warnings, fmt.Sprintf("the tag %q of image-references is left out: it points to no image", tag.Name))
			continue
		}
		c := Component{
			Name:       tag.Name,
			Image:      tag.From.Name,
			Repository: tag.Annotations[annotationSource],
			Commit:     tag.Annotations[annotationCommit],
		}
		if c.Digest = pinned(c.Image); c.Digest == "" {
			warnings = append(warnings, fmt.Sprintf("the component %q is not referenced by a digest: %q", c.Name, HideUserinfo(c.Image)))
		}
		list = append(list, c)
	}
	slices.SortStableFunc(list, func(a, b Component) int { return strings.Compare(a.Name, b.Name) })
	for i := 1; i < len(list); i++ {
		if list[i].Name == list[i-1].Name {
			return nil, nil, fault.Errorf(fault.Integrity, "image-references lists the component %q twice: as %s and as %s",
				list[i].Name, list[i-1].Image, list[i].Image)
		}
	}
	return list, warnings, nil
}

// pinned is the digest of a pull spec by digest, "" for every other text.
func pinned(pullSpec string) digest.Digest {
	spec, err := oci.ParsePullSpec(pullSpec)
	if err != nil || !SafeValue(pullSpec) {
		return ""
	}
	return spec.Digest
}

// annotate adds what is known of the components beyond image-references: purpose, groups and aliases.
func annotate(list []Component) {
	index := make(map[string]int, len(list))
	for i, c := range list {
		index[c.Name] = i
	}
	has := func(name string) bool { _, ok := index[name]; return ok }
	for _, r := range roles() {
		if i, ok := index[r.component]; ok {
			list[i].Purpose, list[i].Groups = r.purpose, r.groups
		}
	}
	for _, alias := range Aliases() {
		if target, ok := alias.Target(has); ok && !has(alias.Name()) {
			i := index[target]
			list[i].Aliases = append(list[i].Aliases, alias.Name())
		}
	}
}
