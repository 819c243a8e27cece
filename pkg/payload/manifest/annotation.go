package manifest

import "strings"

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

// decides says whether an annotation belongs to those that a Header keeps.
func decides(key string) bool {
	return strings.HasPrefix(key, IncludePrefix) || strings.HasPrefix(key, ExcludePrefix) ||
		strings.HasPrefix(key, "release.openshift.io/") || strings.HasPrefix(key, "capability.openshift.io/")
}

// splitList cuts an annotation's value, nil when there is none.
func splitList(value, separator string) []string {
	if value == "" {
		return nil
	}
	return strings.Split(value, separator)
}
