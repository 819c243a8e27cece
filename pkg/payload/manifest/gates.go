package manifest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// configOperatorOnly is the value of a profile's annotation in the FeatureGate manifests that the operator never
// applies: they tell the config operator which gates the feature sets of this release enable.
const configOperatorOnly = "false-except-for-the-config-operator"

// EnabledGates are the feature gates that the payload itself enables for the settings' profile, feature set and major
// version, sorted. ok is false when the payload has no such FeatureGate manifest: then no gate is enabled.
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

// isGateManifest says whether an object is the FeatureGate manifest of the settings.
func (r rules) isGateManifest(o *Object) bool {
	if !isGate(o) {
		return false
	}
	if o.Annotations[IncludePrefix+r.profile()] != configOperatorOnly || r.featureSets(o) != nil {
		return false
	}
	return r.MajorVersion == nil || majorVersion(o, *r.MajorVersion) == nil
}

// isGate says whether an object is a FeatureGate, whoever it is for.
func isGate(o *Object) bool {
	return o.Group == "config.openshift.io" && o.Kind == "FeatureGate" && o.Problem == ""
}

// gateManifest is what is read of a FeatureGate.
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
				Name any `json:"name"` // decides nothing, so it may be no string
			} `json:"disabled"`
		} `json:"featureGates"`
	} `json:"status"`
}

// GatesOf are the feature gates that objects name, sorted: in annotations, and enabled or disabled in FeatureGate
// manifests. What cannot be read names none.
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
		names = append(names, gate.enabled()...)
		for _, version := range gate.Status.FeatureGates {
			for _, disabled := range version.Disabled {
				if name, ok := disabled.Name.(string); ok {
					names = append(names, name)
				}
			}
		}
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
