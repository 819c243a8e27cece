package manifest

// DefaultProfile is the cluster profile of a cluster that names none.
const DefaultProfile = "self-managed-high-availability"

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

// Override takes an object out of the operator's hands, as an entry of ClusterVersion's spec.overrides.
type Override struct {
	Group     string `json:"group"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Unmanaged bool   `json:"unmanaged"`
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
