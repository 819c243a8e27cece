package payload

import (
	"fmt"
	"path"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// Selection is what a list of names picks of a release.
type Selection struct {
	Components map[string]bool // by the component's own name
	Aliases    map[string]bool // aliases that were asked for by name
	Direct     map[string]bool // components that were asked for by their own name or a glob
}

// Select finds components by their name, by a glob (* ? [a-z], over component names only) or by an alias
// (kube-apiserver). Names that are none of these, and globs that match nothing, are one fault.NotFound together, each with
// the nearest names; a broken glob is fault.Usage.
func (r *Release) Select(names []string) (Selection, error) {
	s := Selection{Components: map[string]bool{}, Aliases: map[string]bool{}, Direct: map[string]bool{}}
	var missing []string
	var last error // of those that are missing, with its hint
	for _, name := range names {
		err := r.selectOne(name, &s)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return Selection{}, err
		}
		if err != nil {
			last = err
			missing = append(missing, err.Error())
		}
	}
	switch len(missing) {
	case 0:
	case 1:
		return Selection{}, last
	default:
		return Selection{}, fault.Errorf(fault.NotFound, "%s", strings.Join(missing, "; "))
	}
	return s, nil
}

// SelectInAny is Select in several releases, with what is picked of each: a name that one of them lacks is left out there, and
// one that all of them lack is an error.
func SelectInAny(releases []*Release, names []string) ([]Selection, error) {
	if len(releases) == 1 {
		s, err := releases[0].Select(names)
		return []Selection{s}, err
	}
	has, missing := make([][]string, len(releases)), []string(nil)
	for _, name := range names {
		found, near := false, ""
		for i, r := range releases {
			_, err := r.Select([]string{name})
			switch {
			case err == nil:
				has[i], found = append(has[i], name), true
			case fault.KindOf(err) != fault.NotFound:
				return nil, err
			case near == "":
				near = r.Near(name)
			}
		}
		if !found {
			missing = append(missing, fmt.Sprintf("no component %q in any of the releases%s", name, near))
		}
	}
	if len(missing) > 0 {
		return nil, fault.Errorf(fault.NotFound, "%s", strings.Join(missing, "; "))
	}
	selections := make([]Selection, len(releases))
	for i, r := range releases {
		selections[i], _ = r.Select(has[i]) // it has them all
	}
	return selections, nil
}

func (r *Release) selectOne(name string, s *Selection) error {
	if IsGlob(name) {
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
	return fault.WithHint(fault.NotFound, r.Near(name), "no component %q in release %s", name, r.Version)
}

// SeparateNames ends an error about an argument in which several names are joined by commas or blanks; it is empty for others.
func SeparateNames(argument string) string {
	words := strings.FieldsFunc(argument, func(c rune) bool { return c == ',' || c == ' ' })
	if len(words) < 2 {
		return ""
	}
	return "; give names as separate arguments: " + strings.Join(words, " ")
}

// Near ends an error about a component that is not there with the nearest names; it is empty when none is near.
func (r *Release) Near(name string) string {
	if hint := SeparateNames(name); hint != "" {
		return hint
	}
	// A variable of env names a component too: ETCD_IMAGE is etcd.
	asked := strings.ReplaceAll(strings.TrimSuffix(strings.ToLower(name), "_image"), "_", "-")
	return DidYouMean(asked, r.names())
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
	return fault.WithHint(fault.NotFound, DidYouMean(glob, r.names()), "no component matches %q in release %s", glob, r.Version)
}

// names are those of the components and their aliases.
func (r *Release) names() []string {
	var names []string
	for _, c := range r.Components {
		names = append(append(names, c.Name), c.Aliases...)
	}
	return names
}
