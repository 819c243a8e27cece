package impact

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/diff"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// gateScope is what FeatureGate manifests are for.
type gateScope struct{ profile, featureSet string }

// gateStates has the gates of a profile and feature set: whether each is enabled.
type gateStates struct {
	object *manifest.Entry
	gates  map[string]bool
}

// findGates finds feature gates that differ for a profile and feature set. The operator does not apply the manifests that list them.
func (f *finder) findGates() error {
	before, after := map[gateScope]*gateStates{}, map[gateScope]*gateStates{}
	for _, p := range diff.Match(gateManifests(f.old.Entries), gateManifests(f.new.Entries), diff.Options{}) {
		if p.SameText() {
			continue
		}
		if err := f.readGates(before, p.Old, f.old.Release.Version); err != nil {
			return err
		}
		if err := f.readGates(after, p.New, f.new.Release.Version); err != nil {
			return err
		}
	}
	for scope, old := range before {
		if new := after[scope]; new != nil {
			f.compareGates(scope, old, new)
		} else {
			f.add(Info, FeatureGate, old.object, fmt.Sprintf("%s has no gates for %s", f.new.Release.Version, scope))
		}
	}
	for scope, new := range after {
		if before[scope] == nil {
			f.add(Info, FeatureGate, new.object, fmt.Sprintf("gates for %s are new", scope))
		}
	}
	return nil
}

func (s gateScope) String() string {
	return fmt.Sprintf("profile %s and feature set %s", s.profile, s.featureSet)
}

func gateManifests(entries []manifest.Entry) []manifest.Entry {
	var found []manifest.Entry
	for _, e := range entries {
		if e.IsGateManifest() {
			found = append(found, e)
		}
	}
	return found
}

// readGates adds the gates of a manifest to the states, if they are for the major version of the release and, with a cluster, for
// its profile and feature set.
func (f *finder) readGates(states map[gateScope]*gateStates, e *manifest.Entry, version string) error {
	if e == nil {
		return nil
	}
	f.report.Parsed++
	gates, ok, err := manifest.ReadGates(e.Object, manifest.MajorVersion(version))
	if err != nil || !ok {
		return err
	}
	for _, profile := range gates.Profiles {
		scope := gateScope{profile, gates.FeatureSet}
		if f.options.Included && scope != f.clusterScope() {
			continue
		}
		s := states[scope]
		if s == nil {
			s = &gateStates{e, map[string]bool{}}
			states[scope] = s
		}
		for _, name := range gates.Disabled {
			if _, has := s.gates[name]; !has {
				s.gates[name] = false
			}
		}
		for _, name := range gates.Enabled {
			s.gates[name] = true
		}
	}
	return nil
}

func (f *finder) clusterScope() gateScope {
	s := f.options.Settings
	return gateScope{cmp.Or(s.Profile, manifest.DefaultProfile), cmp.Or(s.FeatureSet, "Default")}
}

// compareGates finds the gates of one profile and feature set that differ. Those that change what most clusters do are worth a
// warning.
func (f *finder) compareGates(scope gateScope, old, new *gateStates) {
	changed := Info
	if f.options.Included || scope.featureSet == "Default" {
		changed = Warning
	}
	var enabled, disabled, added, removed, graduated []string
	for _, name := range namesOf(old.gates, new.gates) {
		was, had := old.gates[name]
		is, has := new.gates[name]
		switch {
		case is && !was:
			enabled = append(enabled, name)
		case was && has && !is:
			disabled = append(disabled, name)
		case !had:
			added = append(added, name)
		case !has && was:
			graduated = append(graduated, name)
		case !has:
			removed = append(removed, name)
		}
	}
	for _, list := range []struct {
		severity Severity
		verb     string
		names    []string
	}{
		{changed, "enabled", enabled},
		{changed, "disabled", disabled},
		{Info, "new and disabled", added},
		{Info, "no longer listed (was enabled)", graduated},
		{Info, "no longer listed (was disabled)", removed},
	} {
		if len(list.names) > 0 {
			slices.Sort(list.names)
			f.add(list.severity, FeatureGate, new.object, fmt.Sprintf("%s: %s: %s", scope, list.verb, strings.Join(list.names, ", ")))
		}
	}
}
