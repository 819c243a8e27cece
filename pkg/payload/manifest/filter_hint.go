package manifest

import (
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
)

// nearLevels is the hint for a level that is written without one of its zeros, else the levels that there are.
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

// nearKinds are the groups of a kind that there is, else kinds that are written nearly so.
func nearKinds(entries []Entry, text string) string {
	wanted := newKindName(text)
	var kinds, grouped []string
	for _, e := range entries {
		if e.Kind == UnknownKind {
			continue
		}
		kinds = append(kinds, e.Kind)
		if wanted.isKind(e) {
			grouped = append(grouped, strings.TrimSuffix(e.Kind+"."+e.Group, "."))
		}
	}
	if len(grouped) > 0 {
		kinds = grouped
	}
	return payload.DidYouMean(wanted.kind, kinds)
}
