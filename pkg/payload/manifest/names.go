package manifest

import (
	"maps"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// SettingName is a name that a user gave for a setting.
type SettingName struct {
	Source string // the flag, or the file and field
	Kind   string // one of the constants below
	Name   string // empty if the user gave none
}

// The kinds of SettingName.
const (
	ProfileName     = "profile"
	FeatureSetName  = "feature set"
	CapabilityName  = "capability"
	FeatureGateName = "feature gate"
)

// CapabilityNames returns the capabilities of a list, without capability sets and "none".
func CapabilityNames(source string, list []string) []SettingName {
	var names []SettingName
	for _, name := range list {
		if _, isSet := CapabilitySet(name, nil); !isSet && name != "none" {
			names = append(names, SettingName{source, CapabilityName, name})
		}
	}
	return names
}

// CheckNames returns fault.Usage with all names that neither this program nor the payload knows. version is the release's.
func CheckNames(names []SettingName, objects []*Object, version string) error {
	capabilities, _ := CapabilitySet("vCurrent", CapabilitiesOf(objects))
	known := map[string][]string{
		ProfileName:    union(Profiles(), profilesOf(objects)),
		FeatureSetName: union(FeatureSets(), featureSetsOf(objects)),
		CapabilityName: capabilities,
	}
	var unknown []string
	for _, n := range names {
		if n.Name == "" || slices.Contains(known[n.Kind], n.Name) {
			continue
		}
		near := payload.DidYouMean(n.Name, known[n.Kind])
		if near == "" {
			near = "; there are " + strings.Join(known[n.Kind], ", ")
		}
		unknown = append(unknown, n.Source+" "+n.Name+": neither this program nor release "+version+" knows this "+n.Kind+near)
	}
	if len(unknown) == 0 {
		return nil
	}
	return fault.Errorf(fault.Usage, "%s", strings.Join(unknown, "; "))
}

// WithoutEffect returns a sentence for each setting that has no effect on the payload: a profile that no manifest names, gates
// that no manifest names, overrides that match no object. gates are those that the user listed, overridesFrom is the source of
// the overrides.
func WithoutEffect(objects []*Object, settings Settings, gates []SettingName, overridesFrom string) []string {
	var sentences []string
	if profiles := profilesOf(objects); len(profiles) > 0 && !slices.Contains(profiles, settings.profile()) {
		sentences = append(sentences, "no manifest names the profile "+settings.profile()+": this payload has "+strings.Join(profiles, ", "))
	}
	known := GatesOf(objects)
	for _, gate := range gates {
		if !slices.Contains(known, gate.Name) {
			sentences = append(sentences, gate.Source+" "+gate.Name+": no manifest names this feature gate"+payload.DidYouMean(gate.Name, known))
		}
	}
	for _, override := range settings.Overrides {
		if !override.MatchesAny(objects) {
			sentences = append(sentences, overridesFrom+": no object is "+override.String()+nearOverride(override, objects))
		}
	}
	return sentences
}

// profilesOf returns the profiles that manifests name, sorted.
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

// featureSetsOf returns the feature sets that manifests name.
func featureSetsOf(objects []*Object) []string {
	var sets []string
	for _, o := range objects {
		sets = append(sets, o.FeatureSets...)
	}
	return sets
}

// union returns the names of all lists, sorted, each once.
func union(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all)
}
