package plugin

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// manifestFilter narrows a list down; what is empty lets everything through.
type manifestFilter struct {
	objects                                       []string // the arguments: KIND/NAME, NAME or GLOB
	namespaces, levels, components, kinds, images []string

	conditions []condition // all must hold
}

// condition is something that may be true of an object.
type condition func(manifest.Entry) bool

// add declares the flags.
func (m *manifestFilter) add(flags *pflag.FlagSet) {
	flags.StringSliceVarP(&m.namespaces, "namespace", "n", nil, "Only objects in these namespaces")
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
		{"namespace", "a namespace, such as openshift-etcd", m.namespaces},
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

// filterValues are the values of one filter.
type filterValues struct {
	flag, what string // the flag is empty for the arguments
	values     []string
	is         func(value string) condition
	near       func(entries []manifest.Entry, value string) string
}

// complete makes the filter ready for a release. A filter of which no value fits any manifest of the payload, shown or
// not, is fault.NotFound with what was perhaps meant; where some values fit, the others are warnings.
func (m *manifestFilter) complete(release *evaluated) (warnings []string, err error) {
	for _, filter := range []filterValues{
		{"", "name", m.objects, isObject, nearObjects},
		{"--namespace", "namespace", m.namespaces, hasNamespace, nearNamespaces},
		{"--level", "run level", m.levels, hasLevel, nearLevels},
		{"--component", "component", m.components, hasComponent, nearComponents},
		{"--kind", "kind", m.kinds, hasKind, nearKinds},
	} {
		var either []condition
		var missing []string
		for _, value := range filter.values {
			is := filter.is(value)
			if slices.ContainsFunc(release.entries, is) {
				either = append(either, is)
				continue
			}
			missing = append(missing, fmt.Sprintf("%s: no manifest of release %s has this %s%s",
				strings.TrimSpace(filter.flag+" "+value), release.Version, filter.what, filter.near(release.entries, value)))
		}
		if len(missing) > 0 && len(either) == 0 {
			return nil, fault.Errorf(fault.NotFound, "%s", strings.Join(missing, "; "))
		}
		warnings = append(warnings, missing...)
		if len(either) > 0 {
			m.conditions = append(m.conditions, func(e manifest.Entry) bool {
				return slices.ContainsFunc(either, func(is condition) bool { return is(e) })
			})
		}
	}
	missing, err := m.completeImages(release.loaded)
	return append(warnings, missing...), err
}

// completeImages adds the condition that an object mentions the image of one of the components.
func (m *manifestFilter) completeImages(release *loaded) (warnings []string, err error) {
	if len(m.images) == 0 {
		return nil, nil
	}
	var images, missing []string
	for _, name := range m.images {
		selection, err := release.Select([]string{name})
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
		if err != nil {
			missing = append(missing, err.Error())
		}
		for _, component := range release.Components {
			if selection.Components[component.Name] {
				images = append(images, component.Image, component.Digest.String())
			}
		}
	}
	if len(missing) == len(m.images) {
		return nil, fault.Errorf(fault.NotFound, "%s", strings.Join(missing, "; "))
	}
	m.conditions = append(m.conditions, func(e manifest.Entry) bool { return e.Mentions(images...) })
	return missing, nil
}

func (m *manifestFilter) matches(e manifest.Entry) bool {
	return !slices.ContainsFunc(m.conditions, func(is condition) bool { return !is(e) })
}

func hasNamespace(namespace string) condition {
	return func(e manifest.Entry) bool { return e.Namespace == namespace }
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
