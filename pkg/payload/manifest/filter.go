package manifest

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// Filter narrows a list of manifests down. A list that is nil lets everything through; of the values of another one, one
// has to fit.
type Filter struct {
	Objects    []string // KIND/NAME, NAME or a pattern over names
	Namespaces []string
	Levels     []string // as file names write them
	Components []string // as file names write them, or patterns
	Kinds      []string // as kubectl takes them
	Images     []string // components whose images are mentioned: names or patterns, as Release.Select takes them
}

// condition is something that may be true of an object.
type condition func(Entry) bool

// Check refuses values that nothing can have with fault.Usage, and takes blanks around values away.
func (f *Filter) Check() error {
	for _, of := range []struct {
		flag, want string
		values     []string
	}{
		{"namespace", "a namespace, such as openshift-etcd", f.Namespaces},
		{"level", "a run level, such as 50", f.Levels},
		{"component", "a component, such as etcd-operator", f.Components},
		{"kind", "a kind, such as Deployment", f.Kinds},
		{"image", "the name of a component, such as etcd", f.Images},
	} {
		for i, value := range of.values {
			of.values[i] = strings.TrimSpace(value)
		}
		if of.values != nil && (len(of.values) == 0 || slices.Contains(of.values, "")) {
			return fault.Errorf(fault.Usage, "--%s %q: want %s", of.flag, strings.Join(of.values, ","), of.want)
		}
	}
	for _, of := range []struct {
		prefix   string
		patterns []string
	}{{"--component: ", f.Components}, {"", f.Images}} {
		for _, pattern := range of.patterns {
			if _, err := path.Match(pattern, ""); err != nil {
				return fault.Errorf(fault.Usage, "%smalformed pattern %q: * ? and [a-z] are understood", of.prefix, pattern)
			}
		}
	}
	return checkObjects(f.Objects)
}

// filterValues are the values of one filter.
type filterValues struct {
	values []string
	is     func(value string) condition
	lacks  func(value string) string // the message for a value that fits nothing
}

// Match gives the function that says which entries of a release to show. A filter of which no value fits any entry, shown
// or not, is fault.NotFound with the nearest values; where some values fit, the others are warnings.
func (f *Filter) Match(release *payload.Release, entries []Entry) (matches func(Entry) bool, warnings []string, err error) {
	lacks := func(flag, what string, near func([]Entry, string) string) func(string) string {
		return func(value string) string {
			return fmt.Sprintf("%s: no manifest of release %s has this %s%s", strings.TrimSpace(flag+" "+value), release.Version, what, near(entries, value))
		}
	}
	var conditions []condition // all must hold
	for _, filter := range []filterValues{
		{f.Objects, isObject, lacks("", "name", nearObjects)},
		{f.Namespaces, hasNamespace, lacks("--namespace", "namespace", nearNamespaces)},
		{f.Levels, hasLevel, lacks("--level", "run level", nearLevels)},
		{f.Components, hasComponent, lacks("--component", "component", nearComponents)},
		{f.Kinds, hasKind, lacks("--kind", "kind", nearKinds)},
		{f.Images, mentionsImage(release), lacksImage(release)},
	} {
		if len(filter.values) == 0 {
			continue
		}
		either, missing := filter.match(entries)
		if len(either) == 0 {
			return nil, nil, fault.Errorf(fault.NotFound, "%s", strings.Join(missing, "; "))
		}
		warnings = append(warnings, missing...)
		conditions = append(conditions, func(e Entry) bool {
			return slices.ContainsFunc(either, func(is condition) bool { return is(e) })
		})
	}
	return func(e Entry) bool {
		return !slices.ContainsFunc(conditions, func(is condition) bool { return !is(e) })
	}, warnings, nil
}

// match sorts the values of a filter: those that fit an entry as conditions, the others as messages.
func (f filterValues) match(entries []Entry) (either []condition, missing []string) {
	for _, value := range f.values {
		if is := f.is(value); slices.ContainsFunc(entries, is) {
			either = append(either, is)
		} else {
			missing = append(missing, f.lacks(value))
		}
	}
	return either, missing
}

// mentionsImage makes conditions that are true of what mentions the image of a component, by pull spec or by digest alone.
// The component is a name or a pattern, as Release.Select takes it.
func mentionsImage(release *payload.Release) func(name string) condition {
	return func(name string) condition {
		selection, _ := release.Select([]string{name}) // lacksImage reports the error
		var images []string
		for _, component := range release.Components {
			if selection.Components[component.Name] {
				images = append(images, component.Image, component.Digest.String())
			}
		}
		return func(e Entry) bool { return len(images) > 0 && e.Mentions(images...) }
	}
}

// lacksImage says why no manifest mentions an image.
func lacksImage(release *payload.Release) func(name string) string {
	return func(name string) string {
		if _, err := release.Select([]string{name}); err != nil {
			return err.Error()
		}
		return fmt.Sprintf("--image %s: no manifest of release %s mentions this image", name, release.Version)
	}
}

func hasNamespace(namespace string) condition {
	return func(e Entry) bool { return e.Namespace == namespace }
}

func hasLevel(level string) condition {
	return func(e Entry) bool { return e.Level == level }
}

func hasComponent(pattern string) condition {
	return func(e Entry) bool {
		matches, _ := path.Match(pattern, e.Component)
		return matches && e.Component != ""
	}
}

func hasKind(text string) condition { return newKindName(text).matches }

// IsKind reports whether an object is of a kind as kubectl takes it: Deployment, deployments.apps, deploy.
func (o *Object) IsKind(text string) bool { return hasKind(text)(Entry{Object: o}) }
