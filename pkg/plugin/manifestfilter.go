package plugin

import (
	"path"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// manifestFilter narrows a list down; what is empty lets everything through.
type manifestFilter struct {
	levels, components, kinds, images []string

	conditions []condition // all must hold
}

// condition is something that may be true of an object.
type condition func(manifest.Entry) bool

// add declares the flags.
func (m *manifestFilter) add(flags *pflag.FlagSet) {
	flags.StringSliceVar(&m.levels, "level", nil, "Only these run levels, as file names write them: 03,50")
	flags.StringSliceVar(&m.components, "component", nil, "Only these components, as file names write them, or a pattern such as '*-operator'")
	flags.StringSliceVar(&m.kinds, "kind", nil, "Only these kinds, as kubectl takes them: Deployment, deployments.apps, deploy")
	flags.StringSliceVar(&m.images, "image", nil, "Only objects that mention the images of these components: names or patterns, as images takes them")
}

// check refuses values that nothing can have, before anything is fetched.
func (m *manifestFilter) check(flags *pflag.FlagSet) error {
	for _, of := range []struct {
		flag, want string
		values     []string
	}{
		{"level", "a run level, such as 50", m.levels},
		{"component", "a component, such as etcd-operator", m.components},
		{"kind", "a kind, such as Deployment", m.kinds},
		{"image", "the name of a component, such as etcd", m.images},
	} {
		for i, value := range of.values {
			of.values[i] = strings.TrimSpace(value)
		}
		if flags.Changed(of.flag) && (len(of.values) == 0 || slices.Contains(of.values, "")) {
			return fault.Errorf(fault.Usage, "--%s %q: want %s", of.flag, strings.Join(of.values, ","), of.want)
		}
	}
	for _, component := range m.components {
		if _, err := path.Match(component, ""); err != nil {
			return fault.Errorf(fault.Usage, "--component: malformed pattern %q: * ? and [a-z] are understood", component)
		}
	}
	return nil
}

// complete makes the filter ready for a release. A level, component or kind that no manifest of the payload has,
// shown or not, is fault.NotFound with what was perhaps meant.
func (m *manifestFilter) complete(release *evaluated) error {
	for _, of := range []struct {
		what, flag string
		wanted     []string
		is         func(value string) condition
		hint       func([]manifest.Entry, string) string
	}{
		{"run level", "--level", m.levels, hasLevel, nearLevels},
		{"component", "--component", m.components, hasComponent, nearComponents},
		{"kind", "--kind", m.kinds, hasKind, nearKinds},
	} {
		var either []condition
		for _, value := range of.wanted {
			is := of.is(value)
			if !slices.ContainsFunc(release.entries, is) {
				return fault.Errorf(fault.NotFound, "%s %s: no manifest of release %s has this %s%s",
					of.flag, value, release.Version, of.what, of.hint(release.entries, value))
			}
			either = append(either, is)
		}
		if len(either) > 0 {
			m.conditions = append(m.conditions, func(e manifest.Entry) bool {
				return slices.ContainsFunc(either, func(is condition) bool { return is(e) })
			})
		}
	}
	if len(m.images) == 0 {
		return nil
	}
	mentions, err := mentionsImage(release.loaded, m.images)
	m.conditions = append(m.conditions, mentions)
	return err
}

func (m *manifestFilter) matches(e manifest.Entry) bool {
	return !slices.ContainsFunc(m.conditions, func(is condition) bool { return !is(e) })
}

func hasLevel(level string) condition {
	return func(e manifest.Entry) bool { return e.Level == level }
}

func hasComponent(pattern string) condition {
	return func(e manifest.Entry) bool {
		matches, _ := path.Match(pattern, e.Component)
		return matches && e.Component != ""
	}
}

func hasKind(text string) condition { return newKindName(text).matches }

// mentionsImage is true of what mentions the image of one of the components, by pull spec or by digest alone.
func mentionsImage(release *loaded, names []string) (condition, error) {
	selection, err := release.Select(names)
	if err != nil {
		return nil, err
	}
	var images []string
	for _, component := range release.Components {
		if selection.Components[component.Name] {
			images = append(images, component.Image, component.Digest.String())
		}
	}
	return func(e manifest.Entry) bool { return e.Mentions(images...) }, nil
}
