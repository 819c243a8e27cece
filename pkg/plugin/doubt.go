package plugin

import (
	"maps"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// askedName is a name that the user gave, with those that it could be.
type askedName struct {
	where, what string // the flag or file, and such as profile
	name        string
	known       []string
}

// checkNames refuses profiles, feature sets and capabilities that neither this program nor the payload knows, all at once.
func (c inclusion) checkNames(objects []*manifest.Object, version string) error {
	var mistakes []string
	for _, asked := range c.askedNames(objects) {
		if slices.Contains(asked.known, asked.name) {
			continue
		}
		near := payload.DidYouMean(asked.name, asked.known)
		if near == "" {
			near = "; there are " + strings.Join(asked.known, ", ")
		}
		mistakes = append(mistakes, asked.where+" "+asked.name+": neither this program nor release "+version+" knows this "+asked.what+near)
	}
	if len(mistakes) == 0 {
		return nil
	}
	return fault.Errorf(fault.Usage, "%s", strings.Join(mistakes, "; "))
}

// askedNames are the names in flags and in the installer's file.
func (c inclusion) askedNames(objects []*manifest.Object) []askedName {
	profiles := union(manifest.Profiles(), profilesOf(objects))
	sets := union(manifest.FeatureSets(), featureSetsOf(objects))
	known, _ := manifest.CapabilitySet("vCurrent", manifest.CapabilitiesOf(objects))
	var names []askedName
	add := func(where, what, name string, known []string) {
		if name != "" {
			names = append(names, askedName{where, what, name, known})
		}
	}
	addCapabilities := func(where string, list []string) {
		for _, name := range list {
			if _, isSet := manifest.CapabilitySet(name, nil); !isSet && name != "none" {
				add(where, "capability", name, known)
			}
		}
	}
	add("--profile", "profile", c.flags.profile, profiles)
	add("--feature-set", "feature set", c.flags.featureSet, sets)
	addCapabilities("--capabilities", list(c.flags.enabled))
	addCapabilities("--known-capabilities", list(c.flags.known))
	if c.installConfig != nil {
		file := "--install-config " + c.flags.installConfig
		add(file+": featureSet", "feature set", c.installConfig.FeatureSet, sets)
		addCapabilities(file+": additionalEnabledCapabilities", c.installConfig.AdditionalEnabledCapabilities)
	}
	return names
}

// doubts are sentences about settings that change nothing in this payload, though they were meant to.
func (c inclusion) doubts(objects []*manifest.Object, settings manifest.Settings) []string {
	var sentences []string
	if profiles := profilesOf(objects); len(profiles) > 0 && !slices.Contains(profiles, settings.Profile) {
		sentences = append(sentences, "no manifest names the profile "+settings.Profile+": this payload has "+strings.Join(profiles, ", "))
	}
	sentences = append(sentences, c.unknownGates(objects)...)
	source := "--overrides"
	if c.connected != nil && !c.given("overrides") {
		source = "overrides of the cluster at " + c.connected.version.Server
	}
	for _, override := range settings.Overrides {
		if !override.MatchesAny(objects) {
			sentences = append(sentences, source+": no object is "+override.String()+nearOverride(override, objects))
		}
	}
	return sentences
}

// nearOverride is a hint for an override that is of no object: the one field that differs from some object.
func nearOverride(v manifest.Override, objects []*manifest.Object) string {
	for _, of := range []struct {
		what  string
		field func(*manifest.Override) *string
	}{
		{"group", func(v *manifest.Override) *string { return &v.Group }},
		{"kind", func(v *manifest.Override) *string { return &v.Kind }},
		{"namespace", func(v *manifest.Override) *string { return &v.Namespace }},
	} {
		var values []string
		for _, o := range objects {
			changed := v
			*of.field(&changed) = *of.field(&manifest.Override{Group: o.Group, Kind: o.Kind, Namespace: o.Namespace})
			if changed.Matches(o) {
				values = append(values, *of.field(&changed))
			}
		}
		if len(values) > 0 {
			values = union(values)
			return "; did you mean the " + of.what + " " + orElse(strings.Join(values, ", "), `"", the core group`) + "?"
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

// unknownGates are sentences about gates that the user listed and no manifest knows.
func (c inclusion) unknownGates(objects []*manifest.Object) []string {
	asked := map[string][]string{}
	if given := gates(c.flags.featureGates); given.Mode == manifest.ListedGates {
		asked["--feature-gates"] = given.Enabled
	}
	if c.installConfig != nil && !c.given("feature-gates") {
		asked["--install-config "+c.flags.installConfig+": featureGates"] = c.installConfig.Gates.Enabled
	}
	var sentences []string
	known := manifest.GatesOf(objects)
	for _, where := range slices.Sorted(maps.Keys(asked)) {
		for _, gate := range asked[where] {
			if !slices.Contains(known, gate) {
				sentences = append(sentences, where+" "+gate+": no manifest names this feature gate"+payload.DidYouMean(gate, known))
			}
		}
	}
	return sentences
}

// profilesOf are the profiles that manifests name, sorted.
func profilesOf(objects []*manifest.Object) []string {
	found := map[string]bool{}
	for _, o := range objects {
		for key := range o.Annotations {
			if profile, ok := strings.CutPrefix(key, manifest.IncludePrefix); ok {
				found[profile] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// featureSetsOf are the feature sets that manifests name.
func featureSetsOf(objects []*manifest.Object) []string {
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
