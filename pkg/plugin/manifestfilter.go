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
	for _, of := range []struct {
		prefix   string
		patterns []string
	}{{"--component: ", m.components}, {"", m.images}} {
		for _, pattern := range of.patterns {
			if _, err := path.Match(pattern, ""); err != nil {
				return fault.Errorf(fault.Usage, "%smalformed pattern %q: * ? and [a-z] are understood", of.prefix, pattern)
			}
		}
	}
	return nil
}

// complete makes the filter ready for a release. A filter of which no value fits any manifest of the payload, shown or
// not, is fault.NotFound with what was perhaps meant; where some values fit, the others are warnings.
func (m *manifestFilter) complete(release *evaluated) (warnings []string, err error) {
	entries := release.entries
	lacks := func(flag, what string, near func([]manifest.Entry, string) string) func(string) string {
		return func(value string) string {
			return fmt.Sprintf("%s: no manifest of release %s has this %s%s", strings.TrimSpace(flag+" "+value), release.Version, what, near(entries, value))
		}
	}
	for _, filter := range []struct {
		values []string
		is     func(value string) condition
		lacks  func(value string) string
	}{
		{m.objects, isObject, lacks("", "name", nearObjects)},
		{m.namespaces, hasNamespace, lacks("--namespace", "namespace", nearNamespaces)},
		{m.levels, hasLevel, lacks("--level", "run level", nearLevels)},
		{m.components, hasComponent, lacks("--component", "component", nearComponents)},
		{m.kinds, hasKind, lacks("--kind", "kind", nearKinds)},
		{m.images, release.mentionsImage, release.lacksImage},
	} {
		var either []condition
		var missing []string
		for _, value := range filter.values {
			if is := filter.is(value); slices.ContainsFunc(entries, is) {
				either = append(either, is)
			} else {
				missing = append(missing, filter.lacks(value))
			}
		}
		switch {
		case len(filter.values) == 0:
			continue
		case len(either) == 0:
			return nil, fault.Errorf(fault.NotFound, "%s", strings.Join(missing, "; "))
		}
		warnings = append(warnings, missing...)
		m.conditions = append(m.conditions, func(e manifest.Entry) bool {
			return slices.ContainsFunc(either, func(is condition) bool { return is(e) })
		})
	}
	return warnings, nil
}

// mentionsImage is true of what mentions the image of a component, by pull spec or by digest alone. The component is a
// name or a pattern, as images takes it.
func (e *evaluated) mentionsImage(name string) condition {
	selection, _ := e.Select([]string{name}) // see lacksImage
	var images []string
	for _, component := range e.Components {
		if selection.Components[component.Name] {
			images = append(images, component.Image, component.Digest.String())
		}
	}
	return func(entry manifest.Entry) bool { return len(images) > 0 && entry.Mentions(images...) }
}

// lacksImage says why no manifest mentions an image.
func (e *evaluated) lacksImage(name string) string {
	if _, err := e.Select([]string{name}); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("--image %s: no manifest of release %s mentions this image", name, e.Version)
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
