// Package impact says what an update from one release to another means for a cluster. It is pure: values in, values out.
//
// [Find] starts from the objects that differ (package diff) and parses only those of kinds that it has rules for.
package impact

import (
	"cmp"
	"slices"

	"github.com/release-x/oc-release-x/pkg/payload/diff"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Severity says how much a finding matters.
type Severity string

// The severities.
const (
	Blocker Severity = "blocker" // the update is refused, or clients fail after it
	Warning Severity = "warning" // should be looked at before the update
	Info    Severity = "info"
)

// Severities lists the severities, the highest first.
func Severities() []Severity { return []Severity{Blocker, Warning, Info} }

// Kind is what a finding is about.
type Kind string

// The kinds.
const (
	Acknowledgement Kind = "acknowledgement"              // the operator waits for one before it updates
	Alert           Kind = "alert"                        // an alert is new, removed, or has another severity
	APIVersion      Kind = "api-version"                  // a version of an API is no longer served
	Binding         Kind = "binding"                      // a role is given to more subjects
	Capability      Kind = "capability"                   // a capability is new, or the operator enables it by itself
	FeatureGate     Kind = "feature-gate"                 // the gates of a profile and feature set differ
	Field           Kind = "field"                        // a field of an API is removed or accepts fewer values
	Left            Kind = "left"                         // an object is no longer in the release and stays in the cluster
	Namespace       Kind = "namespace"                    // a namespace is new
	Role            Kind = "role"                         // a role allows more
	RunLevel        Kind = "run-level"                    // an object is applied at another time
	SCC             Kind = "security-context-constraints" // a SecurityContextConstraints is new or allows more
	StorageVersion  Kind = "storage-version"              // the API server stores objects in another version
	Tombstone       Kind = "tombstone"                    // the update deletes an object
)

// Finding is one thing that an update means for a cluster.
type Finding struct {
	Severity Severity
	Kind     Kind
	// Object is in the new release if that has it, else in the old one.
	Object  *manifest.Entry
	Message string // one sentence without the name of the object
	// Remedy is a command for a POSIX shell that resolves the finding, or shows what it is about; empty if there is none.
	Remedy string
	Gate   string // that an administrator has to acknowledge; empty for other findings
}

// Options say for which cluster the findings are.
type Options struct {
	// Included limits findings to a cluster: the entries with the state included, and the feature gates of Settings. diff.Compare
	// has to be called with the same value.
	Included bool
	// Settings are those of the cluster for the new release, if Included is set.
	Settings manifest.Settings
}

// Report has what an update means for a cluster.
type Report struct {
	Findings []Finding // by severity, kind and object
	Parsed   int       // documents that had to be parsed
}

// HasGates reports whether an administrator has to acknowledge something.
func (r *Report) HasGates() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Gate != "" })
}

// Acknowledge removes the findings about gates that an administrator has acknowledged.
func (r *Report) Acknowledge(gates []string) {
	r.Findings = slices.DeleteFunc(r.Findings, func(f Finding) bool { return f.Gate != "" && slices.Contains(gates, f.Gate) })
}

// Find returns what an update from old to new means. result is what diff.Compare returned for them. Without manifests in both
// releases it finds nothing. An error is about a document that cannot be read or exceeds a limit.
func Find(old, new diff.Side, result *diff.Result, o Options) (*Report, error) {
	f := &finder{old: old, new: new, options: o, report: &Report{}}
	if !result.HasManifests {
		return f.report, nil
	}
	f.before, f.after = indexOf(old.Entries, o), indexOf(new.Entries, o)
	f.findCapabilities()
	if err := f.findAcknowledgements(); err != nil {
		return nil, err
	}
	if err := f.findGates(); err != nil {
		return nil, err
	}
	for _, object := range result.Objects {
		f.findLifecycle(object)
	}
	for _, c := range f.changesOf(result.Objects) {
		if err := f.findInObject(c); err != nil {
			return nil, err
		}
	}
	f.findAlerts()
	f.findBindings()
	f.sort()
	return f.report, nil
}

// finder collects findings.
type finder struct {
	old, new      diff.Side
	options       Options
	before, after index
	report        *Report

	alerts movable[alert]
	grants movable[grant]
}

// add adds a finding about an object. Without a cluster, the message also says for which clusters the object is, if not for all;
// those about feature gates do anyway.
func (f *finder) add(severity Severity, kind Kind, object *manifest.Entry, message string) *Finding {
	if !f.options.Included && kind != FeatureGate {
		message += scopeOf(object)
	}
	f.report.Findings = append(f.report.Findings, Finding{Severity: severity, Kind: kind, Object: object, Message: message})
	return &f.report.Findings[len(f.report.Findings)-1]
}

// values parses an object.
func (f *finder) values(e *manifest.Entry) (any, error) {
	if e == nil {
		return nil, nil
	}
	f.report.Parsed++
	return diff.Values(e)
}

// findInObject applies the rules for the kind of an object.
func (f *finder) findInObject(c change) error {
	e := cmp.Or(c.new, c.old)
	rule := ruleFor(e)
	if rule == nil {
		return nil
	}
	old, err := f.values(c.old)
	if err != nil {
		return err
	}
	new, err := f.values(c.new)
	if err != nil {
		return err
	}
	rule(f, c, old, new)
	return nil
}

// ruleFor returns the rule for the kind of an object, nil if there is none. It gets the values of the object in both releases,
// nil in one that does not have it.
func ruleFor(e *manifest.Entry) func(f *finder, c change, old, new any) {
	switch e.Group + "/" + e.Kind {
	case "apiextensions.k8s.io/CustomResourceDefinition":
		return (*finder).compareDefinitions
	case "rbac.authorization.k8s.io/Role", "rbac.authorization.k8s.io/ClusterRole":
		return (*finder).compareRoles
	case "rbac.authorization.k8s.io/RoleBinding", "rbac.authorization.k8s.io/ClusterRoleBinding":
		return (*finder).compareBindings
	case "security.openshift.io/SecurityContextConstraints":
		return (*finder).compareConstraints
	case "monitoring.coreos.com/PrometheusRule":
		return (*finder).compareAlerts
	}
	return nil
}

// sort sorts the findings and drops those that say the same about the same object of the same file.
func (f *finder) sort() {
	severities := Severities()
	compare := func(a, b Finding) int {
		x, y := a.Object, b.Object
		return cmp.Or(
			cmp.Compare(slices.Index(severities, a.Severity), slices.Index(severities, b.Severity)), cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Group, y.Group), cmp.Compare(x.Namespace, y.Namespace), cmp.Compare(x.Name, y.Name),
			cmp.Compare(a.Message, b.Message), cmp.Compare(x.Directory, y.Directory), cmp.Compare(x.File, y.File))
	}
	slices.SortFunc(f.report.Findings, compare)
	f.report.Findings = slices.CompactFunc(f.report.Findings, func(a, b Finding) bool { return compare(a, b) == 0 })
}
