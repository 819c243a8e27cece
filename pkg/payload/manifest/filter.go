package manifest

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// Filter selects manifests. A manifest has to match one value of every field that is not nil.
type Filter struct {
	Objects    []string // KIND/NAME, NAME or a pattern over names
	Namespaces []string
	Levels     []string // as in file names
	Components []string // as in file names, or patterns
	Kinds      []string // as kubectl takes them
	Images     []string // components whose images a manifest mentions: names or patterns, as Release.Select takes them
}

// condition reports whether an entry matches one value of a filter.
type condition func(Entry) bool

// Check trims the spaces around values and returns fault.Usage for values that no manifest can have.
func (f *Filter) Check() error {
	for _, filter := range []struct {
		flag, want string
		values     []string
	}{
		{"namespace", "a namespace, such as openshift-etcd", f.Namespaces},
		{"level", "a run level, such as 50", f.Levels},
		{"component", "a component, such as etcd-operator", f.Components},
		{"kind", "a kind, such as Deployment", f.Kinds},
		{"image", "the name of a component, such as etcd", f.Images},
	} {
		for i, value := range filter.values {
			filter.values[i] = strings.TrimSpace(value)
		}
		if filter.values != nil && (len(filter.values) == 0 || slices.Contains(filter.values, "")) {
			return fault.Errorf(fault.Usage, "--%s %q: want %s", filter.flag, strings.Join(filter.values, ","), filter.want)
		}
	}
	for _, filter := range []struct {
		prefix   string
		patterns []string
	}{{"--component: ", f.Components}, {"", f.Images}} {
		for _, pattern := range filter.patterns {
			if _, err := path.Match(pattern, ""); err != nil {
				return fault.Errorf(fault.Usage, "%smalformed pattern %q: * ? and [a-z] are understood", filter.prefix, pattern)
			}
		}
	}
	return checkObjects(f.Objects)
}

// filterValues are the values of one filter.
type filterValues struct {
	values    []string
	condition func(value string) condition
	noMatch   func(value string) string // the message for a value that matches nothing
}

// Match returns a function that selects entries of a release. If no value of a filter matches any of the entries, the error is
// fault.NotFound with similar values; if some values match, there are warnings for the others.
func (f *Filter) Match(release *payload.Release, entries []Entry) (matches func(Entry) bool, warnings []string, err error) {
	noMatch := func(flag, what string, near func([]Entry, string) string) func(string) string {
		return func(value string) string {
			return fmt.Sprintf("%s: no manifest of release %s has this %s%s", strings.TrimSpace(flag+" "+value), release.Version, what, near(entries, value))
		}
	}
	var conditions []condition // an entry has to match all of them
	for _, filter := range []filterValues{
		{f.Objects, matchesObject, noMatch("", "name", nearObjects)},
		{f.Namespaces, hasNamespace, noMatch("--namespace", "namespace", nearNamespaces)},
		{f.Levels, hasLevel, noMatch("--level", "run level", nearLevels)},
		{f.Components, hasComponent, noMatch("--component", "component", nearComponents)},
		{f.Kinds, hasKind, noMatch("--kind", "kind", nearKinds)},
		{f.Images, mentionsImage(release), noImage(release)},
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

// match returns the conditions of the values that match an entry, and the messages for the other values.
func (f filterValues) match(entries []Entry) (either []condition, missing []string) {
	for _, value := range f.values {
		if is := f.condition(value); slices.ContainsFunc(entries, is) {
			either = append(either, is)
		} else {
			missing = append(missing, f.noMatch(value))
		}
	}
	return either, missing
}

// mentionsImage returns conditions for entries that mention the image of a component, by pull spec or only by digest. The
// component is a name or a pattern, as Release.Select takes it.
func mentionsImage(release *payload.Release) func(name string) condition {
	return func(name string) condition {
		selection, _ := release.Select([]string{name}) // noImage reports the error
		var images []string
		for _, component := range release.Components {
			if selection.Components[component.Name] {
				images = append(images, component.Image, component.Digest.String())
			}
		}
		return func(e Entry) bool { return len(images) > 0 && e.Mentions(images...) }
	}
}

// noImage returns the message for an image that no manifest mentions.
func noImage(release *payload.Release) func(name string) string {
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

// splitObject splits an argument into its kind, empty for any, and its name or pattern.
func splitObject(argument string) (kind, name string) {
	kind, name, slash := strings.Cut(argument, "/")
	if !slash {
		return "", argument
	}
	return kind, name
}

// checkObjects refuses arguments that no object can match.
func checkObjects(arguments []string) error {
	for _, argument := range arguments {
		kind, name := splitObject(argument)
		if name == "" || strings.Contains(name, "/") || kind == "" && strings.Contains(argument, "/") {
			return fault.Errorf(fault.Usage, "%q: want KIND/NAME, NAME or a pattern, such as deployment/etcd-operator", argument)
		}
		if _, err := path.Match(name, ""); err != nil {
			return fault.Errorf(fault.Usage, "malformed pattern %q: * ? and [a-z] are understood", name)
		}
	}
	return nil
}

// NotObjects returns the arguments that do not have the form KIND/NAME. deployment.apps/NAME could also be a release.
func NotObjects(arguments []string) []string {
	return slices.DeleteFunc(slices.Clone(arguments), func(argument string) bool {
		return strings.Count(argument, "/") == 1 && !strings.ContainsAny(argument, ":@")
	})
}

// matchesObject returns a condition for the objects that an argument names.
func matchesObject(argument string) condition {
	kind, name := splitObject(argument)
	isKind := func(Entry) bool { return true }
	if kind != "" {
		isKind = hasKind(kind)
	}
	return func(e Entry) bool {
		matches, _ := path.Match(name, e.Name)
		return (matches || name == e.Name) && e.Name != "" && isKind(e)
	}
}

// WhyExcluded says why no object of an argument is shown, if all of them are excluded: the reason why a loaded object is not
// applied, or else why none is loaded. It is empty for other arguments and for patterns.
func WhyExcluded(entries []Entry, argument string) string {
	if payload.IsGlob(argument) {
		return ""
	}
	matches, reason, loaded := matchesObject(argument), "", false
	for _, e := range entries {
		switch {
		case !matches(e):
		case e.State != Excluded:
			return ""
		case reason == "" || e.Loaded && !loaded:
			reason, loaded = e.Reason, e.Loaded
		}
	}
	if reason == "" {
		return ""
	}
	return argument + " is left out: " + reason + "; --all shows it"
}
