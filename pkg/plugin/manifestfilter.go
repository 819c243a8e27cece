package plugin

import (
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// manifestFilter narrows a list down; what is empty lets everything through.
type manifestFilter struct {
	levels, components, kinds []string
	texts                     []string // one of them must be in the document
}

// complete makes the filter ready for a release. A level, component or kind that no manifest of the payload has,
// shown or not, is fault.NotFound with what was perhaps meant.
func (m *manifestFilter) complete(release *evaluated, image string) error {
	for _, of := range []struct {
		what, flag string
		wanted     []string
		has        func(manifest.Entry, string) bool
		hint       func(string) string
	}{
		{"run level", "--level", m.levels, func(e manifest.Entry, v string) bool { return e.Level == v }, paddedLevel},
		{"component", "--component", m.components, func(e manifest.Entry, v string) bool { return e.Component == v }, nil},
		{"kind", "--kind", m.kinds, isKind, nil},
	} {
		for _, value := range of.wanted {
			if slices.ContainsFunc(release.entries, func(e manifest.Entry) bool { return of.has(e, value) }) {
				continue
			}
			hint := ""
			if of.hint != nil {
				hint = of.hint(value)
			}
			return fault.Errorf(fault.NotFound, "%s %s: no manifest of release %s has this %s%s", of.flag, value, release.Version, of.what, hint)
		}
	}
	return m.mention(release.loaded, image)
}

// paddedLevel is the hint for a level that is written without its zero.
func paddedLevel(level string) string {
	if len(level) != 1 {
		return ""
	}
	return "; did you mean 0" + level + "? Levels count as they are written"
}

// mention lets through only what mentions a component's image, by pull spec or by digest alone.
func (m *manifestFilter) mention(release *loaded, name string) error {
	if name == "" {
		return nil
	}
	selection, err := release.Select([]string{name})
	if err != nil {
		return err
	}
	for _, component := range release.Components {
		if selection.Components[component.Name] {
			m.texts = append(m.texts, component.Image)
			if component.Digest != "" {
				m.texts = append(m.texts, component.Digest.String())
			}
		}
	}
	return nil
}

func (m *manifestFilter) matches(e manifest.Entry) bool {
	one := func(wanted []string, value string) bool { return len(wanted) == 0 || slices.Contains(wanted, value) }
	return one(m.levels, e.Level) && one(m.components, e.Component) && m.matchesKind(e) &&
		(len(m.texts) == 0 || e.Mentions(m.texts...))
}

func (m *manifestFilter) matchesKind(e manifest.Entry) bool {
	return len(m.kinds) == 0 || slices.ContainsFunc(m.kinds, func(kind string) bool { return isKind(e, kind) })
}

// isKind takes a kind in upper or lower case, singular or plural, with or without its group.
func isKind(e manifest.Entry, name string) bool {
	name, group, grouped := strings.Cut(strings.ToLower(name), ".")
	if grouped && group != strings.ToLower(e.Group) {
		return false
	}
	kind := strings.ToLower(e.Kind)
	plurals := []string{kind, kind + "s", kind + "es", strings.TrimSuffix(kind, "y") + "ies"}
	return slices.Contains(plurals, name)
}
