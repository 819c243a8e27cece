package manifest

import (
	"path"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// splitObject splits an argument into the kind, empty for any, and the name or pattern.
func splitObject(argument string) (kind, name string) {
	kind, name, slash := strings.Cut(argument, "/")
	if !slash {
		return "", argument
	}
	return kind, name
}

// checkObjects refuses arguments that can name no object, before anything is fetched.
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

// NotObjects are the arguments that have not the form KIND/NAME; deployment.apps/NAME could be taken for a release.
func NotObjects(arguments []string) []string {
	return slices.DeleteFunc(slices.Clone(arguments), func(argument string) bool {
		return strings.Count(argument, "/") == 1 && !strings.ContainsAny(argument, ":@")
	})
}

// isObject is true of the objects that an argument names.
func isObject(argument string) condition {
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

// nearObjects is the hint for an argument that names nothing: another name among the objects of its kind, or else a kind.
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

// LeftOut says of an argument that names excluded objects alone why it is not shown: why an object that the operator loads
// is not applied, or else why it loads none. It is empty for others and for patterns.
func LeftOut(entries []Entry, argument string) string {
	if payload.IsGlob(argument) {
		return ""
	}
	is, reason, loaded := isObject(argument), "", false
	for _, e := range entries {
		switch {
		case !is(e):
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
