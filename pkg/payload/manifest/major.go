package manifest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// majorVersion is the rule of the major-version annotation, which feature gates and custom resource definitions may
// have: versions to be included in, and with a hyphen versions to be excluded from.
func majorVersion(o *Object, major uint64) error {
	value, ok := o.Annotations[MajorVersionAnnotation]
	if !ok {
		return nil
	}
	isGate := o.Group == "config.openshift.io" && o.Kind == "FeatureGate"
	isDefinition := o.Group == "apiextensions.k8s.io" && o.Kind == "CustomResourceDefinition"
	if !isGate && !isDefinition {
		return fmt.Errorf("%s is for FeatureGate and CustomResourceDefinition only", MajorVersionAnnotation)
	}
	included, excluded, err := majors(value)
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

// majors reads the annotation's value.
func majors(value string) (included, excluded []uint64, err error) {
	for _, word := range requirements(value) {
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
