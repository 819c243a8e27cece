package manifest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// rules are settings in the form in which objects are compared with them.
type rules struct {
	Settings
	gates        map[string]bool
	gatesChecked bool
}

// load is the reason why the operator does not load an object, nil when it does. The order of the rules is that of
// library-go's pkg/manifest.
func (r rules) load(o *Object) error {
	if !o.Annotated {
		return errors.New("no annotations")
	}
	if key := ExcludePrefix + r.ExcludeIdentifier; o.Annotations[key] == "true" {
		return fmt.Errorf("%s=true", key)
	}
	_, hasSet := o.Annotations[FeatureSetAnnotation]
	_, hasGate := o.Annotations[FeatureGateAnnotation]
	if r.gatesChecked && hasSet && hasGate {
		return fmt.Errorf("%s and %s exclude each other", FeatureSetAnnotation, FeatureGateAnnotation)
	}
	if err := r.featureSets(o); err != nil {
		return err
	}
	if err := r.featureGates(o); err != nil {
		return err
	}
	if r.MajorVersion != nil {
		if err := majorVersion(o, *r.MajorVersion); err != nil {
			return err
		}
	}
	if err := r.inProfile(o); err != nil {
		return err
	}
	if r.KnownCapabilities != nil {
		return lacking(o, r.KnownCapabilities, "unknown")
	}
	return nil
}

// apply is the reason why the operator does not apply an object that it loaded.
func (r rules) apply(o *Object) error {
	if r.EnabledCapabilities != nil {
		if err := lacking(o, slices.Concat(r.EnabledCapabilities, r.ImplicitCapabilities), "disabled"); err != nil {
			return err
		}
	}
	for _, override := range r.Overrides {
		if override.Matches(o) {
			if override.Unmanaged {
				return errors.New("overridden: unmanaged")
			}
			return nil
		}
	}
	return nil
}

// featureSets is empty for an object without the annotation; an unknown value excludes it everywhere.
func (r rules) featureSets(o *Object) error {
	value, ok := o.Annotations[FeatureSetAnnotation]
	if !ok {
		return nil
	}
	sets := strings.Split(value, ",")
	for _, set := range sets {
		if set != r.featureSet() && !slices.Contains(FeatureSets(), set) {
			return fmt.Errorf("%s=%s: unknown feature set %q", FeatureSetAnnotation, value, set)
		}
	}
	if !slices.Contains(sets, r.featureSet()) {
		return fmt.Errorf("%s=%s, the feature set is %s", FeatureSetAnnotation, value, r.featureSet())
	}
	return nil
}

func (r rules) featureGates(o *Object) error {
	if !r.gatesChecked {
		return nil
	}
	for _, gate := range o.FeatureGates {
		name, negated := strings.CutPrefix(gate, "-")
		switch enabled := r.gates[name]; {
		case enabled && negated:
			return fmt.Errorf("feature gate %s is enabled", name)
		case !enabled && !negated:
			return fmt.Errorf("feature gate %s is not enabled", name)
		}
	}
	return nil
}

func (r rules) inProfile(o *Object) error {
	key := IncludePrefix + r.profile()
	switch value, ok := o.Annotations[key]; {
	case !ok:
		return fmt.Errorf("%s unset", key)
	case value != "true":
		return fmt.Errorf("%s=%s, not true", key, value)
	}
	return nil
}

// lacking names the capabilities that an object needs and that a list lacks.
func lacking(o *Object, have []string, adjective string) error {
	if missing := o.missing(have); len(missing) > 0 {
		return errors.New(describeCapabilities(adjective, missing))
	}
	return nil
}

// describeCapabilities names capabilities with an adjective before them.
func describeCapabilities(adjective string, names []string) string {
	if len(names) == 1 {
		return adjective + " capability " + names[0]
	}
	return adjective + " capabilities " + strings.Join(names, ", ")
}

// implicit says which capabilities that an applied object needs are enabled by the operator itself, "" for none.
func (r rules) implicit(o *Object) string {
	if r.EnabledCapabilities == nil {
		return ""
	}
	var names []string
	for _, name := range o.missing(r.EnabledCapabilities) {
		if slices.Contains(r.ImplicitCapabilities, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return describeCapabilities("implicitly enabled", names)
}
