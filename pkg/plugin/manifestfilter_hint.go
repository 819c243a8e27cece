package plugin

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// nearLevels is the hint for a level that is written without its zero.
func nearLevels(_ []manifest.Entry, level string) string {
	if len(level) != 1 {
		return ""
	}
	return "; did you mean 0" + level + "? Levels count as they are written"
}

func nearComponents(entries []manifest.Entry, pattern string) string {
	components := map[string]string{}
	for _, e := range entries {
		if e.Component != "" {
			components[strings.ToLower(e.Component)] = e.Component
		}
	}
	return nearest(strings.Trim(strings.ToLower(pattern), "*?"), components)
}

// nearKinds are the groups of a kind that there is, else kinds that are written nearly so.
func nearKinds(entries []manifest.Entry, text string) string {
	wanted := newKindName(text)
	kinds, grouped := map[string]string{}, map[string]string{}
	for _, e := range entries {
		if e.Kind == manifest.UnknownKind {
			continue
		}
		kinds[strings.ToLower(e.Kind)] = e.Kind
		if wanted.isKind(e) {
			grouped[strings.TrimSuffix(wanted.kind+"."+e.Group, ".")] = strings.TrimSuffix(e.Kind+"."+e.Group, ".")
		}
	}
	if len(grouped) > 0 {
		kinds = grouped
	}
	return nearest(wanted.kind, kinds)
}

// maxHints is how many names a hint has.
const maxHints = 3

// nearest asks whether one of the names nearest to another one was meant; it is empty where none is near. Names are
// found by what they are in lower case.
func nearest(asked string, names map[string]string) string {
	distances := map[string]int{}
	for lower, name := range names {
		distance := levenshtein.ComputeDistance(asked, lower)
		if len(asked) > 2 && len(lower) > 2 && (strings.Contains(lower, asked) || strings.Contains(asked, lower)) {
			distance = min(distance, 2)
		}
		if distance <= max(2, len(asked)/3) {
			distances[name] = distance
		}
	}
	near := make([]string, 0, len(distances))
	for name := range distances {
		near = append(near, name)
	}
	slices.SortFunc(near, func(a, b string) int { return cmp.Or(distances[a]-distances[b], strings.Compare(a, b)) })
	if len(near) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(near[:min(maxHints, len(near))], ", ") + "?"
}
