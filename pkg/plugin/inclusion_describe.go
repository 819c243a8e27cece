package plugin

import (
	"fmt"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/graphpage"
)

// describe says for which cluster manifests are looked at: what always decides, and what was said beyond it.
func (c inclusion) describe(s manifest.Settings) []graphpage.Setting {
	settings := []graphpage.Setting{
		{Name: "Profile", Value: s.Profile},
		{Name: "Feature set", Value: orElse(s.FeatureSet, "Default")},
		{Name: "Feature gates", Value: c.describeGates(s.Gates)},
	}
	add := func(name, value string) {
		if value != "" {
			settings = append(settings, graphpage.Setting{Name: name, Value: value})
		}
	}
	if s.EnabledCapabilities != nil {
		add("Capabilities", c.source("capabilities", c.flags.enabled))
	}
	add("Implicit capabilities", strings.Join(s.ImplicitCapabilities, ", "))
	if s.KnownCapabilities != nil {
		add("Known capabilities", c.source("known-capabilities", c.flags.known))
	}
	add("Exclude identifier", s.ExcludeIdentifier)
	if len(s.Overrides) > 0 {
		add("Overrides", fmt.Sprint(len(s.Overrides)))
	}
	if c.connected != nil {
		add("Cluster", c.connected.version.Server)
	}
	return settings
}

// describeGates says where the enabled gates come from; those that the user listed are named.
func (c inclusion) describeGates(gates manifest.Gates) string {
	switch {
	case gates.Mode == manifest.PayloadGates:
		return "the release's own"
	case gates.Mode == manifest.UncheckedGates:
		return "not checked"
	}
	return c.source("feature-gates", strings.Join(gates.Enabled, ", "))
}

// source is what the user gave with a flag, else who said it in place of the user.
func (c inclusion) source(flag, given string) string {
	switch {
	case c.given(flag):
		return orElse(given, "none")
	case c.connected != nil:
		return "the cluster's"
	case c.installConfig != nil:
		return "of the install config"
	}
	return orElse(given, "none")
}
