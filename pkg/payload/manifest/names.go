package manifest

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// Named is a profile, feature set or capability that a user named.
type Named struct {
	Where string // the flag or the file
	What  string // one of the constants below
	Name  string // empty: nothing was named
}

// What a user names.
const (
	NamedProfile    = "profile"
	NamedFeatureSet = "feature set"
	NamedCapability = "capability"
	NamedGate       = "feature gate"
)

// NamedCapabilities are the capabilities in a list in which sets and none may stand too.
func NamedCapabilities(where string, list []string) []Named {
	var names []Named
	for _, name := range list {
		if _, isSet := CapabilitySet(name, nil); !isSet && name != "none" {
			names = append(names, Named{where, NamedCapability, name})
		}
	}
	return names
}

// CheckNames refuses names that neither this program nor the payload knows with fault.Usage, all at once.
func CheckNames(names []Named, objects []*Object, version string) error {
	capabilities, _ := CapabilitySet("vCurrent", CapabilitiesOf(objects))
	known := map[string][]string{
		NamedProfile:    union(Profiles(), profilesOf(objects)),
		NamedFeatureSet: union(FeatureSets(), featureSetsOf(objects)),
		NamedCapability: capabilities,
	}
	var mistakes []string
	for _, n := range names {
		if n.Name == "" || slices.Contains(known[n.What], n.Name) {
			continue
		}
		near := payload.DidYouMean(n.Name, known[n.What])
		if near == "" {
			near = "; there are " + strings.Join(known[n.What], ", ")
		}
		mistakes = append(mistakes, n.Where+" "+n.Name+": neither this program nor release "+version+" knows this "+n.What+near)
	}
	if len(mistakes) == 0 {
		return nil
	}
	return fault.Errorf(fault.Usage, "%s", strings.Join(mistakes, "; "))
}

// WithoutEffect says which settings change nothing in a payload though they were meant to: a profile that no manifest
// names, gates that no manifest knows, overrides that are of no object. gates are those that a user listed, overridesFrom
// names who gives the overrides.
func WithoutEffect(objects []*Object, settings Settings, gates []Named, overridesFrom string) []string {
	var sentences []string
	if profiles := profilesOf(objects); len(profiles) > 0 && !slices.Contains(profiles, settings.profile()) {
		sentences = append(sentences, "no manifest names the profile "+settings.profile()+": this payload has "+strings.Join(profiles, ", "))
	}
	known := GatesOf(objects)
	for _, gate := range gates {
		if !slices.Contains(known, gate.Name) {
			sentences = append(sentences, gate.Where+" "+gate.Name+": no manifest names this feature gate"+payload.DidYouMean(gate.Name, known))
		}
	}
	for _, override := range settings.Overrides {
		if !override.MatchesAny(objects) {
			sentences = append(sentences, overridesFrom+": no object is "+override.String()+nearOverride(override, objects))
		}
	}
	return sentences
}

// nearOverride is a hint for an override that is of no object: the one field that differs from some object.
func nearOverride(v Override, objects []*Object) string {
	for _, of := range []struct {
		what  string
		field func(*Override) *string
	}{
		{"group", func(v *Override) *string { return &v.Group }},
		{"kind", func(v *Override) *string { return &v.Kind }},
		{"namespace", func(v *Override) *string { return &v.Namespace }},
	} {
		var values []string
		for _, o := range objects {
			changed := v
			*of.field(&changed) = *of.field(&Override{Group: o.Group, Kind: o.Kind, Namespace: o.Namespace})
			if changed.Matches(o) {
				values = append(values, *of.field(&changed))
			}
		}
		if len(values) > 0 {
			values = union(values)
			return "; did you mean the " + of.what + " " + cmp.Or(strings.Join(values, ", "), `"", the core group`) + "?"
		}
	}
	var names []string
	for _, o := range objects {
		changed := v
		if changed.Name = o.Name; changed.Matches(o) {
			names = append(names, o.Name)
		}
	}
	return payload.DidYouMean(v.Name, names)
}

// profilesOf are the profiles that manifests name, sorted.
func profilesOf(objects []*Object) []string {
	found := map[string]bool{}
	for _, o := range objects {
		for key := range o.Annotations {
			if profile, ok := strings.CutPrefix(key, IncludePrefix); ok {
				found[profile] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// featureSetsOf are the feature sets that manifests name.
func featureSetsOf(objects []*Object) []string {
	var sets []string
	for _, o := range objects {
		sets = append(sets, o.FeatureSets...)
	}
	return sets
}

// union is the names of several lists, sorted, each once.
func union(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all)
}
