package manifest

import (
	"slices"
	"strings"
)

// Override takes an object out of the operator's hands, as an entry of ClusterVersion's spec.overrides.
type Override struct {
	Group     string `json:"group"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Unmanaged bool   `json:"unmanaged"`
}

// Matches compares as the operator does: the group has no version, and the namespace of an object without one is not
// looked at.
func (v Override) Matches(o *Object) bool {
	return v.Group == o.Group && v.Kind == o.Kind && v.Name == o.Name && (o.Namespace == "" || v.Namespace == o.Namespace)
}

// MatchesAny says whether some object is the one of the override.
func (v Override) MatchesAny(objects []*Object) bool { return slices.ContainsFunc(objects, v.Matches) }

// String is the override as GROUP KIND NAMESPACE/NAME, without what is empty.
func (v Override) String() string {
	return strings.TrimSpace(v.Group + " " + v.Kind + " " + strings.TrimPrefix(v.Namespace+"/"+v.Name, "/"))
}
