package payload

import (
	"fmt"
	"path"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// Selection has the components that a list of names selects.
type Selection struct {
	Components map[string]bool // the selected components
	Aliases    map[string]bool // aliases in the list
	Direct     map[string]bool // components that the list has by name or by pattern
}

// Select selects components by name, by pattern (* ? [a-z], which does not match aliases) or by alias (kube-apiserver). The
// error is fault.NotFound with all names and patterns that match nothing, and similar names for each; fault.Usage for a
// malformed pattern.
func (r *Release) Select(names []string) (Selection, error) {
	s := Selection{Components: map[string]bool{}, Aliases: map[string]bool{}, Direct: map[string]bool{}}
	var missing []string
	var last error // of a missing name, with its hint
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

// SelectInAny is Select in several releases and returns a selection for each. A name has to match in one of them.
func SelectInAny(releases []*Release, names []string) ([]Selection, error) {
	if len(releases) == 1 {
		s, err := releases[0].Select(names)
		return []Selection{s}, err
	}
	has, missing := make([][]string, len(releases)), []string(nil)
	for _, name := range names {
		found, hint := false, ""
		for i, r := range releases {
			_, err := r.Select([]string{name})
			switch {
			case err == nil:
				has[i], found = append(has[i], name), true
			case fault.KindOf(err) != fault.NotFound:
				return nil, err
			case hint == "":
				hint = r.Suggest(name)
			}
		}
		if !found {
			missing = append(missing, fmt.Sprintf("no component %q in any of the releases%s", name, hint))
		}
	}
	if len(missing) > 0 {
		return nil, fault.Errorf(fault.NotFound, "%s", strings.Join(missing, "; "))
	}
	selections := make([]Selection, len(releases))
	for i, r := range releases {
		selections[i], _ = r.Select(has[i]) // all of them match
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
		if c, ok := r.target(alias); ok && alias.Name() == name {
			s.Components[c.Name], s.Aliases[name] = true, true
			return nil
		}
	}
	return fault.WithHint(fault.NotFound, r.Suggest(name), "no component %q in release %s", name, r.Version)
}

// SeparateNames returns the end of an error about an argument that has several names with commas or spaces, empty for other
// arguments.
func SeparateNames(argument string) string {
	words := strings.FieldsFunc(argument, func(c rune) bool { return c == ',' || c == ' ' })
	if len(words) < 2 {
		return ""
	}
	return "; give names as separate arguments: " + strings.Join(words, " ")
}

// Suggest returns the end of an error about an unknown component: similar names, or empty.
func (r *Release) Suggest(name string) string {
	if hint := SeparateNames(name); hint != "" {
		return hint
	}
	// The name may be a variable of env: ETCD_IMAGE is etcd.
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

// names returns the names of the components and their aliases.
func (r *Release) names() []string {
	var names []string
	for _, c := range r.Components {
		names = append(append(names, c.Name), c.Aliases...)
	}
	return names
}
