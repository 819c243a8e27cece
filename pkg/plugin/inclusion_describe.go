package plugin

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/graphpage"
)

// describe says for which cluster manifests are looked at: what always decides, and what was said beyond it.
func (r inclusionRequest) describe(e *evaluated) []graphpage.Setting {
	s := e.settings
	settings := []graphpage.Setting{
		{Name: "Profile", Value: s.Profile},
		{Name: "Feature set", Value: featureSetName(s)},
		{Name: "Feature gates", Value: r.describeGates(e)},
	}
	add := func(name, value string) {
		if value != "" {
			settings = append(settings, graphpage.Setting{Name: name, Value: value})
		}
	}
	if s.EnabledCapabilities != nil {
		add("Capabilities", r.source(e, r.choices.EnabledCapabilities))
	}
	add("Implicit capabilities", strings.Join(s.ImplicitCapabilities, ", "))
	if s.KnownCapabilities != nil {
		add("Known capabilities", r.source(e, r.choices.KnownCapabilities))
	}
	add("Exclude identifier", s.ExcludeIdentifier)
	if len(s.Overrides) > 0 {
		add("Overrides", fmt.Sprint(len(s.Overrides)))
	}
	if e.connected != nil {
		add("Cluster", e.connected.Version.Server)
	}
	return settings
}

func featureSetName(s manifest.Settings) string { return cmp.Or(s.FeatureSet, "Default") }

// describeGates says where the enabled gates come from; those that the user listed are named.
func (r inclusionRequest) describeGates(e *evaluated) string {
	switch gates := e.settings.Gates; gates.Mode {
	case manifest.PayloadGates:
		return "the release's own"
	case manifest.UncheckedGates:
		return "not checked"
	}
	if r.choices.Gates == nil {
		return r.source(e, nil)
	}
	return cmp.Or(strings.Join(r.choices.Gates.Enabled, ", "), "none")
}

// source is what the user chose, nil for nothing, else who decides in place of the user.
func (r inclusionRequest) source(e *evaluated, chosen []string) string {
	switch {
	case chosen != nil:
		return cmp.Or(strings.Join(chosen, ","), "none")
	case e.connected != nil:
		return "the cluster's"
	case r.installConfig != nil:
		return "of the install config"
	}
	return "none"
}
