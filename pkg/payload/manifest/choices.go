package manifest

import "strings"

// Choices are what a user decides of a cluster. What is nil is left to what else describes the cluster.
type Choices struct {
	Profile           *string
	FeatureSet        *string
	ExcludeIdentifier *string
	Gates             *Gates
	// Capabilities and names of sets, or none alone.
	KnownCapabilities, EnabledCapabilities []string
	Overrides                              *[]Override
}

// Over puts the choices in place of what base says, for a payload with these objects.
func (c Choices) Over(base Settings, objects []*Object) Settings {
	set := func(to *string, from *string) {
		if from != nil {
			*to = *from
		}
	}
	set(&base.Profile, c.Profile)
	set(&base.ExcludeIdentifier, c.ExcludeIdentifier)
	if c.FeatureSet != nil {
		base.FeatureSet = *c.FeatureSet
		base.Gates = Gates{Mode: PayloadGates} // those of base are those of its own set
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

// expandCapabilities puts the capabilities of a set in place of its name; the result is never nil, which would mean all.
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

// ParseGates reads payload, unchecked, none (or nothing), or a list A,B of gates.
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

// SplitList splits at commas and drops blanks; the result is never nil.
func SplitList(text string) []string {
	items := []string{}
	for _, item := range strings.Split(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
