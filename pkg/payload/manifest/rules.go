package manifest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The annotations that decide about inclusion (library-go, pkg/manifest/manifest.go).
const (
	CapabilityAnnotation   = "capability.openshift.io/name"
	FeatureSetAnnotation   = "release.openshift.io/feature-set"
	FeatureGateAnnotation  = "release.openshift.io/feature-gate"
	MajorVersionAnnotation = "release.openshift.io/major-version"
	DeleteAnnotation       = "release.openshift.io/delete"
	CreateOnlyAnnotation   = "release.openshift.io/create-only"
	IncludePrefix          = "include.release.openshift.io/" // a profile follows
	ExcludePrefix          = "exclude.release.openshift.io/" // an identifier follows
)

// decidesInclusion reports whether an annotation decides about inclusion; Object.Annotations has only these.
func decidesInclusion(key string) bool {
	return strings.HasPrefix(key, IncludePrefix) || strings.HasPrefix(key, ExcludePrefix) ||
		strings.HasPrefix(key, "release.openshift.io/") || strings.HasPrefix(key, "capability.openshift.io/")
}

// rules are the settings with the enabled feature gates as a set.
type rules struct {
	Settings
	gates        map[string]bool
	gatesChecked bool
}

// load returns the reason why the operator does not load an object, nil if it does. The rules have the order of library-go's
// pkg/manifest.
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
		if err := checkMajorVersion(o, *r.MajorVersion); err != nil {
			return err
		}
	}
	if err := r.inProfile(o); err != nil {
		return err
	}
	if r.KnownCapabilities != nil {
		return checkCapabilities(o, r.KnownCapabilities, "unknown")
	}
	return nil
}

// apply returns the reason why the operator does not apply an object that it loaded, nil if it does.
func (r rules) apply(o *Object) error {
	if r.EnabledCapabilities != nil {
		if err := checkCapabilities(o, slices.Concat(r.EnabledCapabilities, r.ImplicitCapabilities), "disabled"); err != nil {
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

// featureSets checks the annotation for feature sets. An unknown feature set excludes an object from all clusters.
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

// checkCapabilities returns an error with the capabilities that an object needs and that have does not have.
func checkCapabilities(o *Object, have []string, adjective string) error {
	if missing := o.missing(have); len(missing) > 0 {
		return errors.New(describeCapabilities(adjective, missing))
	}
	return nil
}

// describeCapabilities returns ADJECTIVE capability NAME, or capabilities NAME, NAME.
func describeCapabilities(adjective string, names []string) string {
	if len(names) == 1 {
		return adjective + " capability " + names[0]
	}
	return adjective + " capabilities " + strings.Join(names, ", ")
}

// implicit names the capabilities of an applied object that the operator enables by itself, empty for none.
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

// checkMajorVersion checks the annotation for major versions, which only feature gates and custom resource definitions may
// have. It lists major versions that include the object and, with a hyphen, those that exclude it.
func checkMajorVersion(o *Object, major uint64) error {
	value, ok := o.Annotations[MajorVersionAnnotation]
	if !ok {
		return nil
	}
	isGate := o.Group == "config.openshift.io" && o.Kind == "FeatureGate"
	isDefinition := o.Group == "apiextensions.k8s.io" && o.Kind == "CustomResourceDefinition"
	if !isGate && !isDefinition {
		return fmt.Errorf("%s is for FeatureGate and CustomResourceDefinition only", MajorVersionAnnotation)
	}
	included, excluded, err := parseMajorVersions(value)
	switch {
	case err != nil:
		return fmt.Errorf("%s=%s: %w", MajorVersionAnnotation, value, err)
	case slices.Contains(included, major):
		return nil
	case slices.Contains(excluded, major), len(included) > 0:
		return fmt.Errorf("%s=%s, the major version is %d", MajorVersionAnnotation, value, major)
	}
	return nil
}

// parseMajorVersions parses the value of the annotation.
func parseMajorVersions(value string) (included, excluded []uint64, err error) {
	for _, word := range splitWords(value) {
		digits, negated := strings.CutPrefix(word, "-")
		version, err := strconv.ParseUint(digits, 10, 64)
		if err != nil {
			return nil, nil, fmt.Errorf("invalid version %q", word)
		}
		if negated {
			excluded = append(excluded, version)
		} else {
			included = append(included, version)
		}
	}
	for _, version := range included {
		if slices.Contains(excluded, version) {
			return nil, nil, errors.New("a version is included and excluded")
		}
	}
	return included, excluded, nil
}

// splitUnlessEmpty splits the value of an annotation, nil if it is empty.
func splitUnlessEmpty(value, separator string) []string {
	if value == "" {
		return nil
	}
	return strings.Split(value, separator)
}

// splitWords is SplitList for the value of an annotation, nil without words.
func splitWords(value string) []string {
	if words := SplitList(value); len(words) > 0 {
		return words
	}
	return nil
}
