package plugin

import (
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
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
	var components []string
	for _, e := range entries {
		if e.Component != "" {
			components = append(components, e.Component)
		}
	}
	return payload.DidYouMean(strings.Trim(pattern, "*?"), components)
}

// nearKinds are the groups of a kind that there is, else kinds that are written nearly so.
func nearKinds(entries []manifest.Entry, text string) string {
	wanted := newKindName(text)
	var kinds, grouped []string
	for _, e := range entries {
		if e.Kind == manifest.UnknownKind {
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
