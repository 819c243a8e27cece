package manifest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/blang/semver/v4"
)

// DefaultProfile is the profile of a cluster that does not set one.
const DefaultProfile = "self-managed-high-availability"

// Profiles lists the cluster profiles that this program knows.
func Profiles() []string {
	return []string{DefaultProfile, "single-node-developer", "ibm-cloud-managed", "hypershift"}
}

// FeatureSets lists the feature sets that annotations may name (openshift/api, config/v1/types_feature.go).
func FeatureSets() []string {
	return []string{"Default", "TechPreviewNoUpgrade", "DevPreviewNoUpgrade", "CustomNoUpgrade", "OKD"}
}

// Settings are the settings of a cluster that decide about a payload. Profile, FeatureSet, Gates, ExcludeIdentifier,
// MajorVersion and KnownCapabilities decide which objects the operator loads, and so the hash and the graph;
// EnabledCapabilities and Overrides decide which of the loaded objects it applies.
type Settings struct {
	Profile           string // empty: DefaultProfile
	FeatureSet        string // empty: Default
	Gates             Gates
	ExcludeIdentifier string

	// MajorVersion is the major version of the payload; nil: not checked.
	MajorVersion *uint64

	// KnownCapabilities are the capabilities that the operator knows: it does not load an object that needs another one.
	// nil: not checked; empty: none.
	KnownCapabilities []string

	// EnabledCapabilities: the operator loads an object that needs another one, but does not apply it. nil: all known
	// capabilities; empty: none.
	EnabledCapabilities []string

	// ImplicitCapabilities are enabled as well: the operator enables them by itself in an update.
	ImplicitCapabilities []string

	// Overrides are ClusterVersion's spec.overrides: the operator loads an unmanaged object, but does not apply it.
	Overrides []Override
}

// GateMode says where the enabled feature gates come from.
type GateMode int

// The modes of Gates.
const (
	PayloadGates   GateMode = iota // from the payload's FeatureGate manifest for profile, feature set and major version
	ListedGates                    // Gates.Enabled; empty: none
	UncheckedGates                 // feature gates are not checked
)

// Gates are the enabled feature gates. The zero value takes them from the payload.
type Gates struct {
	Mode    GateMode
	Enabled []string
}

// profile is Profile, or the default.
func (s Settings) profile() string { return cmp.Or(s.Profile, DefaultProfile) }

// featureSet is FeatureSet, or Default, as annotations name it.
func (s Settings) featureSet() string { return cmp.Or(s.FeatureSet, "Default") }

// Choices are the settings that a user gives with flags. A nil field changes nothing.
type Choices struct {
	Profile           *string
	FeatureSet        *string
	ExcludeIdentifier *string
	Gates             *Gates
	// Names of capabilities and of sets, or only "none".
	KnownCapabilities, EnabledCapabilities []string
	Overrides                              *[]Override
}

// Apply returns base with the choices of the user, for a payload with these objects.
func (c Choices) Apply(base Settings, objects []*Object) Settings {
	set := func(to *string, from *string) {
		if from != nil {
			*to = *from
		}
	}
	set(&base.Profile, c.Profile)
	set(&base.ExcludeIdentifier, c.ExcludeIdentifier)
	if c.FeatureSet != nil {
		base.FeatureSet = *c.FeatureSet
		base.Gates = Gates{Mode: PayloadGates} // the gates of base belong to its feature set
	}
	if c.Gates != nil {
		base.Gates = *c.Gates
	}
	if c.KnownCapabilities != nil {
		base.KnownCapabilities = expandCapabilities(c.KnownCapabilities, objects)
	}
	if c.EnabledCapabilities != nil {
		base.EnabledCapabilities = expandCapabilities(c.EnabledCapabilities, objects)
	}
	if c.Overrides != nil {
		base.Overrides = *c.Overrides
	}
	return base
}

// expandCapabilities replaces names of sets by their capabilities. The result is never nil, which would mean all.
func expandCapabilities(list []string, objects []*Object) []string {
	names := []string{}
	for _, item := range list {
		if set, ok := CapabilitySet(item, CapabilitiesOf(objects)); ok {
			names = append(names, set...)
		} else if item != "none" {
			names = append(names, item)
		}
	}
	return names
}

// ParseGates parses the value of --feature-gates: payload, unchecked, none or empty, or gates as A,B.
func ParseGates(text string) Gates {
	switch text {
	case "payload":
		return Gates{Mode: PayloadGates}
	case "unchecked":
		return Gates{Mode: UncheckedGates}
	case "none", "":
		return Gates{Mode: ListedGates}
	}
	return Gates{Mode: ListedGates, Enabled: SplitList(text)}
}

// SplitList splits at commas and drops spaces and empty items. The result is never nil.
func SplitList(text string) []string {
	items := []string{}
	for _, item := range strings.Split(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// Override is an entry of ClusterVersion's spec.overrides: the operator does not manage the object if Unmanaged is true.
type Override struct {
	Group     string `json:"group"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Unmanaged bool   `json:"unmanaged"`
}

// Matches compares as the operator does: it ignores the version, and the namespace if the object has none.
func (v Override) Matches(o *Object) bool {
	return v.Group == o.Group && v.Kind == o.Kind && v.Name == o.Name && (o.Namespace == "" || v.Namespace == o.Namespace)
}

// MatchesAny reports whether the override matches any of the objects.
func (v Override) MatchesAny(objects []*Object) bool { return slices.ContainsFunc(objects, v.Matches) }

// String is GROUP KIND NAMESPACE/NAME, without empty parts.
func (v Override) String() string {
	return strings.TrimSpace(v.Group + " " + v.Kind + " " + strings.TrimPrefix(v.Namespace+"/"+v.Name, "/"))
}

// MajorVersion returns the major version of a release for Settings: nil, which skips the rule, if version is not semantic.
func MajorVersion(version string) *uint64 {
	parsed, err := semver.Parse(version)
	if err != nil {
		return nil
	}
	return &parsed.Major
}
