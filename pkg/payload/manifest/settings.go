package manifest

// DefaultProfile is the cluster profile of a cluster that names none.
const DefaultProfile = "self-managed-high-availability"

// Profiles are the cluster profiles that are known to exist.
func Profiles() []string {
	return []string{DefaultProfile, "single-node-developer", "ibm-cloud-managed", "hypershift"}
}

// FeatureSets are the feature sets that annotations may name (openshift/api, config/v1/types_feature.go).
func FeatureSets() []string {
	return []string{"Default", "TechPreviewNoUpgrade", "DevPreviewNoUpgrade", "CustomNoUpgrade", "OKD"}
}

// Settings are what a cluster decides about a payload with. Profile, FeatureSet, Gates, ExcludeIdentifier,
// MajorVersion and KnownCapabilities decide what the operator loads, and so the hash and the graph;
// EnabledCapabilities and Overrides what of it is applied.
type Settings struct {
	Profile           string // "": DefaultProfile
	FeatureSet        string // "" is Default
	Gates             Gates
	ExcludeIdentifier string

	// MajorVersion is that of the payload's own version; nil: not checked.
	MajorVersion *uint64

	// KnownCapabilities are those that the operator knows: an object that needs another one is not loaded. nil: not
	// checked; empty: none.
	KnownCapabilities []string

	// EnabledCapabilities: an object that needs another one is loaded, but not applied. nil: all that are known;
	// empty: none.
	EnabledCapabilities []string

	// ImplicitCapabilities are enabled beside EnabledCapabilities: the operator does so by itself in an update.
	ImplicitCapabilities []string

	// Overrides are ClusterVersion's spec.overrides: an unmanaged object is loaded, but not applied.
	Overrides []Override
}

// GateMode says where the enabled feature gates come from.
type GateMode int

// The modes of Gates.
const (
	PayloadGates   GateMode = iota // the payload's own FeatureGate manifest for profile, feature set and major version
	ListedGates                    // Gates.Enabled, none when that is empty
	UncheckedGates                 // the rule is left out
)

// Gates are the enabled feature gates. The zero value takes the payload's own.
type Gates struct {
	Mode    GateMode
	Enabled []string
}

// profile is the profile that rules look at.
func (s Settings) profile() string {
	if s.Profile == "" {
		return DefaultProfile
	}
	return s.Profile
}

// featureSet is the feature set as annotations name it.
func (s Settings) featureSet() string {
	if s.FeatureSet == "" {
		return "Default"
	}
	return s.FeatureSet
}
