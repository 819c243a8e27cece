package graphpage

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/safe"
)

// category groups kinds of objects by their purpose. Each has a color on the page.
type category struct {
	Class string // of CSS
	Name  string
}

// categories returns all categories in the order in which they are drawn. The last one is for all other kinds.
func categories() []category {
	return []category{
		{"c-access", "Access"},
		{"c-api", "API"},
		{"c-network", "Network"},
		{"c-config", "Configuration"},
		{"c-monitor", "Monitoring"},
		{"c-work", "Workloads"},
		{"c-other", "Other"},
	}
}

// categoryOf returns the index in categories of an object, by its API group, and by its kind if the group has several
// categories.
func categoryOf(o manifest.Entry) int {
	const access, api, network, config, monitor, work, other = 0, 1, 2, 3, 4, 5, 6
	switch o.Group {
	case "":
		switch o.Kind {
		case "ServiceAccount":
			return access
		case "Service", "Endpoints":
			return network
		case "ConfigMap", "Secret", "Namespace":
			return config
		case "Pod":
			return work
		}
		return other
	case "rbac.authorization.k8s.io", "security.openshift.io", "cloudcredential.openshift.io", "authorization.openshift.io":
		return access
	case "apiextensions.k8s.io", "apiregistration.k8s.io", "admissionregistration.k8s.io", "flowcontrol.apiserver.k8s.io":
		return api
	case "networking.k8s.io", "policy.networking.k8s.io", "route.openshift.io", "discovery.k8s.io":
		return network
	case "config.openshift.io", "operator.openshift.io":
		return config
	case "monitoring.coreos.com":
		return monitor
	case "apps", "batch", "policy":
		return work
	}
	return other
}

// tally counts objects by category and kind.
type tally struct {
	categories [7]int // by the index in categories
	kinds      map[string]int
}

func newTally(objects []manifest.Entry) *tally {
	t := &tally{kinds: map[string]int{}}
	for _, o := range objects {
		t.add(o)
	}
	return t
}

func (t *tally) add(o manifest.Entry) {
	t.categories[categoryOf(o)]++
	t.kinds[o.Kind]++
}

// legend returns the categories that occur, with their colors.
func (t *tally) legend() []legend {
	var all []legend
	for i, category := range categories() {
		if t.categories[i] > 0 {
			all = append(all, legend{category, thousands(t.categories[i])})
		}
	}
	return all
}

// namedKinds is the number of kinds that a summary names.
const namedKinds = 2

// summary names the most frequent kinds: "2 ConfigMap · 1 Role · 3 more kinds". Lines only break after the dots.
func (t *tally) summary() string {
	kinds := slices.SortedFunc(maps.Keys(t.kinds), func(a, b string) int {
		return cmp.Or(cmp.Compare(t.kinds[b], t.kinds[a]), strings.Compare(a, b))
	})
	var parts []string
	for _, kind := range kinds[:min(len(kinds), namedKinds)] {
		parts = append(parts, thousands(t.kinds[kind])+"\u00a0"+safe.Line(kind))
	}
	if more := len(kinds) - namedKinds; more > 0 {
		parts = append(parts, strings.ReplaceAll(count(more, "more kind"), " ", "\u00a0"))
	}
	return strings.Join(parts, "\u00a0· ")
}

// segment is a part of a bar, one unit wide per object.
type segment struct {
	Class    string
	X, Width int
}

// bar returns the segments of all categories.
func (t *tally) bar() []segment {
	var segments []segment
	at := 0
	for i, category := range categories() {
		if width := t.categories[i]; width > 0 {
			segments = append(segments, segment{category.Class, at, width})
			at += width
		}
	}
	return segments
}
