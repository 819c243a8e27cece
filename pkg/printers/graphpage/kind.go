package graphpage

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/safe"
)

// sort is a colour of the page: what a kind of object is about.
type sort struct {
	Class string // of CSS
	Name  string
}

// sorts are all there are, in the order in which they are drawn. The last one takes what no other does.
func sorts() []sort {
	return []sort{
		{"c-access", "Access"},
		{"c-api", "API"},
		{"c-network", "Network"},
		{"c-config", "Configuration"},
		{"c-monitor", "Monitoring"},
		{"c-work", "Workloads"},
		{"c-other", "Other"},
	}
}

// sortOf is the place in sorts of an object's kind, by its API group, and by its kind where a group holds several.
func sortOf(o manifest.Entry) int {
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

// tally counts objects by their sorts and kinds.
type tally struct {
	sorts [7]int // by the places of sorts
	kinds map[string]int
}

func newTally(objects []manifest.Entry) *tally {
	t := &tally{kinds: map[string]int{}}
	for _, o := range objects {
		t.add(o)
	}
	return t
}

func (t *tally) add(o manifest.Entry) {
	t.sorts[sortOf(o)]++
	t.kinds[o.Kind]++
}

// legend explains the colours that there are.
func (t *tally) legend() []legend {
	var all []legend
	for i, sort := range sorts() {
		if t.sorts[i] > 0 {
			all = append(all, legend{sort, thousands(t.sorts[i])})
		}
	}
	return all
}

// namedKinds is how many kinds a summary names.
const namedKinds = 2

// summary names the kinds that there are most of: "2 ConfigMap · 1 Role · 3 more kinds". A line breaks behind the dots
// alone.
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

// segment is a part of a bar: one unit of width for an object.
type segment struct {
	Class    string
	X, Width int
}

// bar draws the sorts one behind the other.
func (t *tally) bar() []segment {
	var segments []segment
	at := 0
	for i, sort := range sorts() {
		if width := t.sorts[i]; width > 0 {
			segments = append(segments, segment{sort.Class, at, width})
			at += width
		}
	}
	return segments
}
