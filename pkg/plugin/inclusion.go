package plugin

import (
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// inclusion is what the user said about a cluster, read and checked.
type inclusion struct {
	flags         *inclusionFlags
	installConfig *manifest.InstallConfig
	connected     *connected // nil before the cluster was asked
	overrides     []manifest.Override
}

// given says whether a flag is on the command line.
func (c inclusion) given(flag string) bool { return c.flags.command.Flags().Changed(flag) }

// profile is the profile of the cluster.
func (c inclusion) profile() string {
	if c.connected != nil && c.connected.operator.Profile != "" && !c.given("profile") {
		return c.connected.operator.Profile
	}
	return orElse(c.flags.profile, manifest.DefaultProfile)
}

// settings are those of the cluster: of the connected one or of the installer's file if there is one, each flag that
// was given in its place.
func (c inclusion) settings(objects []*manifest.Object, version string) manifest.Settings {
	var s manifest.Settings
	described := true
	switch {
	case c.connected != nil:
		s = c.connected.settings(objects, version)
	case c.installConfig != nil:
		s = c.installConfig.Settings(objects)
	default:
		described = false
	}
	s.Profile = c.profile()
	if !described || c.given("feature-set") {
		s.FeatureSet = c.flags.featureSet
	}
	if c.connected != nil && c.given("feature-set") {
		s.Gates = manifest.Gates{Mode: manifest.PayloadGates} // the cluster's are those of its own set
	}
	if !described || c.given("feature-gates") {
		s.Gates = gates(c.flags.featureGates)
	}
	if c.given("known-capabilities") {
		s.KnownCapabilities = capabilities(c.flags.known, objects)
	}
	if c.given("capabilities") {
		s.EnabledCapabilities = capabilities(c.flags.enabled, objects)
	}
	if c.connected == nil || c.given("exclude-identifier") {
		s.ExcludeIdentifier = c.flags.excludeIdentifier
	}
	if c.connected == nil || c.given("overrides") {
		s.Overrides = c.overrides
	}
	s.MajorVersion = manifest.MajorVersion(version)
	return s
}

func gates(text string) manifest.Gates {
	switch text {
	case "payload":
		return manifest.Gates{Mode: manifest.PayloadGates}
	case "unchecked":
		return manifest.Gates{Mode: manifest.UncheckedGates}
	case "none", "":
		return manifest.Gates{Mode: manifest.ListedGates}
	}
	return manifest.Gates{Mode: manifest.ListedGates, Enabled: list(text)}
}

// capabilities reads none, or a list of capabilities and of sets; never nil, which would mean all.
func capabilities(text string, objects []*manifest.Object) []string {
	names := []string{}
	for _, item := range list(text) {
		if set, ok := manifest.CapabilitySet(item, manifest.CapabilitiesOf(objects)); ok {
			names = append(names, set...)
		} else if item != "none" {
			names = append(names, item)
		}
	}
	return names
}

// list splits at commas and drops blanks.
func list(text string) []string {
	items := []string{}
	for _, item := range strings.Split(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
