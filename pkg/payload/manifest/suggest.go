package manifest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
)

// nearLevels suggests levels with one more zero, or else lists the levels of the payload.
func nearLevels(entries []Entry, level string) string {
	var levels, near []string
	for _, e := range entries {
		if e.Level != "" && !slices.Contains(levels, e.Level) {
			levels = append(levels, e.Level)
			if e.Level == "0"+level || e.Level == level+"0" {
				near = append(near, e.Level)
			}
		}
	}
	slices.Sort(levels)
	slices.Sort(near)
	if len(near) == 0 {
		return "; there are " + strings.Join(levels, ", ")
	}
	return "; did you mean " + strings.Join(near, ", ") + "? Levels count as they are written"
}

func nearComponents(entries []Entry, pattern string) string {
	var components []string
	for _, e := range entries {
		if e.Component != "" {
			components = append(components, e.Component)
		}
	}
	return payload.DidYouMean(pattern, components)
}

func nearNamespaces(entries []Entry, namespace string) string {
	var namespaces []string
	for _, e := range entries {
		if e.Namespace != "" {
			namespaces = append(namespaces, e.Namespace)
		}
	}
	return payload.DidYouMean(namespace, namespaces)
}

// nearKinds suggests the groups of a kind that exists, or else similar kinds.
func nearKinds(entries []Entry, text string) string {
	wanted := newKindName(text)
	var kinds, grouped []string
	for _, e := range entries {
		if e.Kind == UnknownKind {
			continue
		}
		kinds = append(kinds, e.Kind)
		if wanted.matchesKind(e) {
			grouped = append(grouped, strings.TrimSuffix(e.Kind+"."+e.Group, "."))
		}
	}
	if len(grouped) > 0 {
		kinds = grouped
	}
	return payload.DidYouMean(wanted.kind, kinds)
}

// nearObjects suggests similar names among the objects of the argument's kind, or else similar kinds.
func nearObjects(entries []Entry, argument string) string {
	if hint := payload.SeparateNames(argument); hint != "" {
		return hint
	}
	kind, name := splitObject(argument)
	var names []string
	for _, e := range entries {
		if kind == "" || hasKind(kind)(e) {
			names = append(names, e.Name)
		}
	}
	switch {
	case kind == "" && slices.ContainsFunc(entries, hasKind(name)):
		return "; did you mean --kind " + name + "?"
	case len(names) == 0:
		return nearKinds(entries, kind)
	}
	return payload.DidYouMean(name, names)
}

// nearOverride suggests a value for the one field in which an override differs from an object.
func nearOverride(v Override, objects []*Object) string {
	for _, part := range []struct {
		name  string
		field func(*Override) *string
	}{
		{"group", func(v *Override) *string { return &v.Group }},
		{"kind", func(v *Override) *string { return &v.Kind }},
		{"namespace", func(v *Override) *string { return &v.Namespace }},
	} {
		var values []string
		for _, o := range objects {
			changed := v
			*part.field(&changed) = *part.field(&Override{Group: o.Group, Kind: o.Kind, Namespace: o.Namespace})
			if changed.Matches(o) {
				values = append(values, *part.field(&changed))
			}
		}
		if len(values) > 0 {
			values = union(values)
			return "; did you mean the " + part.name + " " + cmp.Or(strings.Join(values, ", "), `"", the core group`) + "?"
		}
	}
	var names []string
	for _, o := range objects {
		changed := v
		if changed.Name = o.Name; changed.Matches(o) {
			names = append(names, o.Name)
		}
	}
	return payload.DidYouMean(v.Name, names)
}
