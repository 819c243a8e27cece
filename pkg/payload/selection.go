package payload

import (
	"path"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// Selection is what a list of names picks of a release.
type Selection struct {
	Components map[string]bool // by the component's own name
	Aliases    map[string]bool // aliases that were asked for by name
	Direct     map[string]bool // components that were asked for by their own name or a glob
}

// Select finds components by their name, by a glob (* ? [a-z], over component names only) or by an alias
// (kube-apiserver). A name that is none of these, or a glob that matches nothing, is fault.NotFound with the
// nearest names; a broken glob is fault.Usage.
func (r *Release) Select(names []string) (Selection, error) {
	s := Selection{Components: map[string]bool{}, Aliases: map[string]bool{}, Direct: map[string]bool{}}
	for _, name := range names {
		if err := r.selectOne(name, &s); err != nil {
			return Selection{}, err
		}
	}
	return s, nil
}

func (r *Release) selectOne(name string, s *Selection) error {
	if strings.ContainsAny(name, "*?[") {
		return r.selectGlob(name, s)
	}
	if _, ok := r.Component(name); ok {
		s.Components[name], s.Direct[name] = true, true
		return nil
	}
	for _, alias := range Aliases() {
		if c, ok := r.aliased(alias); ok && alias.Name() == name {
			s.Components[c.Name], s.Aliases[name] = true, true
			return nil
		}
	}
	// A variable of env names a component too: ETCD_IMAGE is etcd.
	asked := strings.ReplaceAll(strings.TrimSuffix(strings.ToLower(name), "_image"), "_", "-")
	distance := func(other string) int { return levenshtein.ComputeDistance(asked, other) }
	return fault.Errorf(fault.NotFound, "no component %q in release %s%s", name, r.Version, didYouMean(r.nearest(asked, distance)))
}

func (r *Release) selectGlob(glob string, s *Selection) error {
	found := false
	for _, c := range r.Components {
		ok, err := path.Match(glob, c.Name)
		if err != nil {
			return fault.Errorf(fault.Usage, "malformed pattern %q: * ? and [a-z] are understood", glob)
		}
		if ok {
			s.Components[c.Name], s.Direct[c.Name], found = true, true, true
		}
	}
	if found {
		return nil
	}
	return fault.Errorf(fault.NotFound, "no component matches %q in release %s%s", glob, r.Version, didYouMean(r.nearGlob(glob)))
}

// nearGlob gives names that a glob nearly matches: they begin or end almost as it does.
func (r *Release) nearGlob(glob string) []string {
	asked := strings.Trim(strings.ToLower(glob), "*?")
	return r.nearest(asked, func(other string) int {
		length := min(len(asked), len(other))
		d := levenshtein.ComputeDistance(asked, other)
		if len(asked) < 4 {
			return d
		}
		if strings.HasSuffix(glob, "*") {
			d = min(d, levenshtein.ComputeDistance(asked, other[:length]))
		}
		if strings.HasPrefix(glob, "*") {
			d = min(d, levenshtein.ComputeDistance(asked, other[len(other)-length:]))
		}
		return d
	})
}

// nearest gives up to three names, components and aliases, that were perhaps meant, the nearest first.
func (r *Release) nearest(name string, distance func(other string) int) []string {
	type candidate struct {
		name     string
		distance int
	}
	var near []candidate
	consider := func(other string) {
		d := distance(other)
		if len(name) > 2 && strings.Contains(other, name) {
			d = min(d, 2)
		}
		if d <= max(2, len(name)/3) {
			near = append(near, candidate{other, d})
		}
	}
	for _, c := range r.Components {
		consider(c.Name)
		for _, alias := range c.Aliases {
			consider(alias)
		}
	}
	slices.SortFunc(near, func(a, b candidate) int {
		if a.distance != b.distance {
			return a.distance - b.distance
		}
		return strings.Compare(a.name, b.name)
	})
	var names []string
	for _, c := range near[:min(3, len(near))] {
		names = append(names, c.name)
	}
	return names
}

func didYouMean(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(names, ", ") + "?"
}
