package impact

import (
	"cmp"
	"fmt"
	"strings"
)

// grant is a role that a binding gives to a subject.
type grant struct{ role, subject string }

// compareBindings collects the grants that only one of two bindings has.
func (f *finder) compareBindings(c change, old, new any) {
	before, after := grantsOf(c, old), grantsOf(c, new)
	for _, name := range namesOf(before, after) {
		was, had := before[name]
		is, has := after[name]
		switch {
		case !has:
			f.grants.lost = append(f.grants.lost, item[grant]{name, c, was})
		case !had:
			f.grants.gained = append(f.grants.gained, item[grant]{name, c, is})
		}
	}
}

// grantsOf returns the grants of a binding. Their names also say where they are valid.
func grantsOf(c change, binding any) map[string]grant {
	namespace := cmp.Or(c.new, c.old).Namespace
	role := textOf(at(binding, "roleRef", "kind")) + " " + textOf(at(binding, "roleRef", "name"))
	grants := map[string]grant{}
	for _, s := range listOf(at(binding, "subjects")) {
		subject := textOf(at(s, "kind")) + " " + strings.TrimPrefix(textOf(at(s, "namespace"))+"/"+textOf(at(s, "name")), "/")
		grants[strings.Join([]string{namespace, role, subject}, "\n")] = grant{role, subject}
	}
	return grants
}

// findBindings finds subjects that get a role. A new binding is worth a warning only if it gives the role cluster-admin, because
// most components have roles of their own.
func (f *finder) findBindings() {
	ignore := func(item[grant]) {}
	f.grants.each(f.options, func(_, _ item[grant]) {}, ignore, func(g item[grant]) {
		severity := Warning
		if g.change.old == nil && g.value.role != "ClusterRole cluster-admin" {
			severity = Info
		}
		f.add(severity, Binding, g.change.new, fmt.Sprintf("gives %s to %s", g.value.role, g.value.subject))
	})
}
