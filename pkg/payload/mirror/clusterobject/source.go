package clusterobject

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Copy is an image that a mirror has.
type Copy struct {
	From, To oci.Repository
	Tagged   bool // the source has tags of such images too: they are releases
}

// Source is a repository from which images were copied.
type Source struct {
	Repository oci.Repository
	Mirrors    []oci.Repository // that have its images
	TagMirrors []oci.Repository // those of Mirrors that have its tags
}

// NewSources returns the sources of copies, each once, and all sorted by name. A repository is never listed as a mirror of itself.
func NewSources(copies []Copy) []Source {
	var sources []Source
	for _, c := range copies {
		if c.From == c.To {
			continue
		}
		i := slices.IndexFunc(sources, func(s Source) bool { return s.Repository == c.From })
		if i < 0 {
			i = len(sources)
			sources = append(sources, Source{Repository: c.From})
		}
		sources[i].Mirrors = append(sources[i].Mirrors, c.To)
		if c.Tagged {
			sources[i].TagMirrors = append(sources[i].TagMirrors, c.To)
		}
	}
	for i, s := range sources {
		sources[i].Mirrors, sources[i].TagMirrors = sorted(s.Mirrors), sorted(s.TagMirrors)
	}
	slices.SortFunc(sources, func(a, b Source) int { return compare(a.Repository, b.Repository) })
	return sources
}

// sorted sorts repositories and removes doubles.
func sorted(list []oci.Repository) []oci.Repository {
	slices.SortFunc(list, compare)
	return slices.Compact(list)
}

func compare(a, b oci.Repository) int { return strings.Compare(a.String(), b.String()) }

// Check refuses a repository that a mirror set cannot name, such as one at an IPv6 address. The error is fault.Usage.
func Check(r oci.Repository) error {
	if placeForm().MatchString(r.String()) {
		return nil
	}
	return fault.Errorf(fault.Usage, "%s cannot be part of a mirror set: clusters accept the name of a registry or its IPv4 address, with a port", r)
}

// placeForm is what API servers accept (openshift/api config/v1 types_image_digest_mirror_set.go).
var placeForm = sync.OnceValue(func() *regexp.Regexp {
	const label = `(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])`
	return regexp.MustCompile(`^` + label + `(?:\.` + label + `)*(?::[0-9]+)?(?:/[a-z0-9]+(?:(?:[._]|__|-*)[a-z0-9]+)*)*$`)
})
