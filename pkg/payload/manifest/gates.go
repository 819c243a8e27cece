package manifest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// configOperatorOnly is the value of a profile's annotation in FeatureGate manifests that the cluster version operator does
// not apply: the config operator reads from them which gates each feature set of the release enables.
const configOperatorOnly = "false-except-for-the-config-operator"

// EnabledGates returns the feature gates that the payload enables for the settings' profile, feature set and major version,
// sorted. ok is false if the payload has no such FeatureGate manifest; no gate is enabled then.
func EnabledGates(objects []*Object, settings Settings) (enabled []string, ok bool, err error) {
	r := rules{Settings: settings}
	for _, object := range objects {
		if !r.isGateManifest(object) {
			continue
		}
		gate, err := readGate(object)
		if err != nil {
			return nil, false, err
		}
		if (Settings{FeatureSet: gate.Spec.FeatureSet}).featureSet() == settings.featureSet() {
			ok = true
			enabled = append(enabled, gate.enabled()...)
		}
	}
	slices.Sort(enabled)
	return slices.Compact(enabled), ok, nil
}

// isGateManifest reports whether an object is a FeatureGate manifest for the settings' profile and major version.
func (r rules) isGateManifest(o *Object) bool {
	if !isGate(o) {
		return false
	}
	if o.Annotations[IncludePrefix+r.profile()] != configOperatorOnly || r.featureSets(o) != nil {
		return false
	}
	return r.MajorVersion == nil || checkMajorVersion(o, *r.MajorVersion) == nil
}

// isGate reports whether an object is a FeatureGate of any profile.
func isGate(o *Object) bool {
	return o.Group == "config.openshift.io" && o.Kind == "FeatureGate" && o.Problem == ""
}

// gateManifest has the fields of a FeatureGate that count here.
type gateManifest struct {
	Spec struct {
		FeatureSet string `json:"featureSet"`
	} `json:"spec"`
	Status struct {
		FeatureGates []struct {
			Enabled []struct {
				Name string `json:"name"`
			} `json:"enabled"`
			Disabled []struct {
				Name any `json:"name"` // any, because it decides nothing
			} `json:"disabled"`
		} `json:"featureGates"`
	} `json:"status"`
}

// GatesOf returns the feature gates that objects name, sorted: in annotations, and as enabled or disabled in FeatureGate
// manifests. It skips manifests that cannot be read.
func GatesOf(objects []*Object) []string {
	var names []string
	for _, object := range objects {
		for _, gate := range object.FeatureGates {
			names = append(names, strings.TrimPrefix(gate, "-"))
		}
		if !isGate(object) {
			continue
		}
		gate, err := readGate(object)
		if err != nil {
			continue
		}
		names = slices.Concat(names, gate.enabled(), gate.disabled())
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func readGate(o *Object) (gateManifest, error) {
	object, err := o.JSON()
	if err != nil {
		return gateManifest{}, err
	}
	var gate gateManifest
	if err := json.Unmarshal(object, &gate); err != nil {
		return gateManifest{}, fmt.Errorf("%s: reading feature gates: %w", o.ID(), err)
	}
	return gate, nil
}

func (g gateManifest) enabled() []string {
	var names []string
	for _, version := range g.Status.FeatureGates {
		for _, enabled := range version.Enabled {
			names = append(names, enabled.Name)
		}
	}
	return names
}

func (g gateManifest) disabled() []string {
	var names []string
	for _, version := range g.Status.FeatureGates {
		for _, disabled := range version.Disabled {
			if name, ok := disabled.Name.(string); ok {
				names = append(names, name)
			}
		}
	}
	return names
}

// GateList has the gates of a FeatureGate manifest, and the profiles and the feature set that they are for.
type GateList struct {
	Profiles          []string // sorted
	FeatureSet        string
	Enabled, Disabled []string
}

// IsGateManifest reports whether an object is a FeatureGate manifest that lists the gates of a feature set for some profile.
func (o *Object) IsGateManifest() bool {
	return isGate(o) && len(gateProfiles(o)) > 0
}

// gateProfiles returns the profiles for which an object lists the gates, sorted.
func gateProfiles(o *Object) []string {
	var profiles []string
	for annotation, value := range o.Annotations {
		if profile, ok := strings.CutPrefix(annotation, IncludePrefix); ok && value == configOperatorOnly {
			profiles = append(profiles, profile)
		}
	}
	slices.Sort(profiles)
	return profiles
}

// ReadGates reads an object for which IsGateManifest is true. ok is false if it is for other major versions; nil is not checked.
func ReadGates(o *Object, major *uint64) (list GateList, ok bool, err error) {
	if major != nil && checkMajorVersion(o, *major) != nil {
		return GateList{}, false, nil
	}
	gate, err := readGate(o)
	if err != nil {
		return GateList{}, false, err
	}
	list = GateList{
		Profiles: gateProfiles(o), FeatureSet: (Settings{FeatureSet: gate.Spec.FeatureSet}).featureSet(),
		Enabled: gate.enabled(), Disabled: gate.disabled(),
	}
	return list, true, nil
}
