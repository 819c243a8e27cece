package plugin

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/release-x/oc-release-x/pkg/payload/cluster"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/graphpage"
)

// inclusionFlags say for which cluster the manifests of a payload are looked at.
type inclusionFlags struct {
	profile, featureSet, excludeIdentifier optional
	featureGates, known, enabled           optional
	overrides                              optional
	installConfig, releaseImage            string
	byCluster                              bool
}

func newInclusionFlags(cmd *cobra.Command) *inclusionFlags {
	i := &inclusionFlags{
		profile: optional{text: manifest.DefaultProfile}, featureSet: optional{text: "Default"}, featureGates: optional{text: "payload"},
	}
	group(cmd.Flags(), inclusionGroup, func() { i.add(cmd.Flags()) })
	return i
}

func (i *inclusionFlags) add(flags *pflag.FlagSet) {
	flags.Var(&i.profile, "profile", "Cluster profile: "+strings.Join(manifest.Profiles(), ", "))
	flags.Var(&i.featureSet, "feature-set", "Feature set: "+strings.Join(manifest.FeatureSets(), ", "))
	flags.Var(&i.excludeIdentifier, "exclude-identifier", "Exclude manifests that have the exclude annotation of this identifier")
	flags.Var(&i.featureGates, "feature-gates", "Enabled feature gates: payload (those that the release enables for the profile and feature set), none, unchecked, or a list A,B")
	flags.Var(&i.known, "known-capabilities", "Capabilities that the operator knows: none or a list A,B (default: not checked)")
	flags.Var(&i.enabled, "capabilities", "Enabled capabilities: none, vCurrent, a set such as v4.14, or a list A,B (default: all known)")
	flags.Var(&i.overrides, "overrides", "File with the overrides of a ClusterVersion, or with the whole ClusterVersion")
	flags.StringVar(&i.installConfig, "install-config", "", "install-config.yaml to take feature set, feature gates and capabilities from")
	flags.BoolVar(&i.byCluster, "included-by-cluster", false, "Take profile, feature set, feature gates, capabilities, overrides and exclude identifier from the connected cluster, unless other flags give them")
	flags.StringVar(&i.releaseImage, "release-image", "", "Pull spec to render the operator's own manifests with (default: the release by digest, or as the cluster names it)")
}

// given are the flags that were given of those that decide which manifests are included, in the order of help.
func (i *inclusionFlags) given() []string {
	var names []string
	for _, flag := range []struct {
		name  string
		given bool
	}{
		{"profile", i.profile.given},
		{"feature-set", i.featureSet.given},
		{"exclude-identifier", i.excludeIdentifier.given},
		{"feature-gates", i.featureGates.given},
		{"known-capabilities", i.known.given},
		{"capabilities", i.enabled.given},
		{"overrides", i.overrides.given},
		{"install-config", i.installConfig != ""},
		{"included-by-cluster", i.byCluster},
	} {
		if flag.given {
			names = append(names, flag.name)
		}
	}
	return names
}

// inclusionRequest is for which cluster manifests are looked at, complete and checked.
type inclusionRequest struct {
	choices       manifest.Choices
	named         []manifest.SettingName // names that the payload or this program has to know
	gates         []manifest.SettingName // gates that the user listed
	installConfig *manifest.InstallConfig
	byCluster     bool
	releaseImage  string
}

// complete refuses values that no cluster could have, and reads the files.
func (i *inclusionFlags) complete(ctx context.Context) (inclusionRequest, error) {
	r := inclusionRequest{byCluster: i.byCluster, releaseImage: i.releaseImage}
	if i.byCluster && i.installConfig != "" {
		return r, fault.Errorf(fault.Usage, "--included-by-cluster and --install-config both say which cluster it is: give one of them")
	}
	for _, err := range []error{
		checkCapabilities("--capabilities", i.enabled.text), checkCapabilities("--known-capabilities", i.known.text),
		checkGates(i.featureGates.text), checkReleaseImage(i.releaseImage),
	} {
		if err != nil {
			return r, err
		}
	}
	var err error
	if r.installConfig, err = readInstallConfig(ctx, i.installConfig); err != nil {
		return r, err
	}
	r.choices = i.choices()
	if i.overrides.text != "" {
		overrides, err := readOverrides(ctx, i.overrides.text)
		if err != nil {
			return r, err
		}
		r.choices.Overrides = &overrides
	}
	r.named, r.gates = i.named(r.installConfig), i.namedGates(r)
	return r, nil
}

// choices are what the flags decide, but for the overrides.
func (i *inclusionFlags) choices() manifest.Choices {
	var c manifest.Choices
	if i.profile.given {
		profile := cmp.Or(i.profile.text, manifest.DefaultProfile)
		c.Profile = &profile
	}
	if i.featureSet.given {
		c.FeatureSet = &i.featureSet.text
	}
	if i.excludeIdentifier.given {
		c.ExcludeIdentifier = &i.excludeIdentifier.text
	}
	if i.featureGates.given {
		gates := manifest.ParseGates(i.featureGates.text)
		c.Gates = &gates
	}
	if i.known.given {
		c.KnownCapabilities = manifest.SplitList(i.known.text)
	}
	if i.enabled.given {
		c.EnabledCapabilities = manifest.SplitList(i.enabled.text)
	}
	return c
}

// named are the profiles, feature sets and capabilities in flags and in the installer's file.
func (i *inclusionFlags) named(config *manifest.InstallConfig) []manifest.SettingName {
	names := []manifest.SettingName{
		{Source: "--profile", Kind: manifest.ProfileName, Name: i.profile.text},
		{Source: "--feature-set", Kind: manifest.FeatureSetName, Name: i.featureSet.text},
	}
	names = append(names, manifest.CapabilityNames("--capabilities", manifest.SplitList(i.enabled.text))...)
	names = append(names, manifest.CapabilityNames("--known-capabilities", manifest.SplitList(i.known.text))...)
	if config == nil {
		return names
	}
	file := "--install-config " + i.installConfig
	names = append(names, manifest.SettingName{Source: file + ": featureSet", Kind: manifest.FeatureSetName, Name: config.FeatureSet})
	return append(names, manifest.CapabilityNames(file+": additionalEnabledCapabilities", config.AdditionalEnabledCapabilities)...)
}

// namedGates are the gates that the flag lists, else those in the installer's file.
func (i *inclusionFlags) namedGates(r inclusionRequest) []manifest.SettingName {
	var names []string
	where := "--feature-gates"
	switch {
	case r.choices.Gates != nil:
		names = r.choices.Gates.Enabled
	case r.installConfig != nil:
		where, names = "--install-config "+i.installConfig+": featureGates", r.installConfig.Gates.Enabled
	}
	var gates []manifest.SettingName
	for _, name := range names {
		gates = append(gates, manifest.SettingName{Source: where, Kind: manifest.FeatureGateName, Name: name})
	}
	return gates
}

// settings are those of a cluster for a release: of the connected one or of the installer's file if there is one, each
// choice of the user in its place.
func (r inclusionRequest) settings(connected *cluster.Inclusion, objects []*manifest.Object, version string) manifest.Settings {
	base := manifest.Settings{Profile: manifest.DefaultProfile}
	switch {
	case connected != nil:
		base = connected.Settings(objects, version)
	case r.installConfig != nil:
		base = r.installConfig.Settings(objects)
	}
	base.MajorVersion = manifest.MajorVersion(version)
	return r.choices.Apply(base, objects)
}

// profile is the profile of the cluster, which templates of manifests may ask for.
func (r inclusionRequest) profile(connected *cluster.Inclusion) string {
	return r.settings(connected, nil, "").Profile
}

// checkCapabilities refuses sets that are not known, and none among others.
func checkCapabilities(flag, text string) error {
	items := manifest.SplitList(text)
	for _, item := range items {
		_, isSet := manifest.CapabilitySet(item, nil)
		looksLikeSet := len(item) > 1 && item[0] == 'v' && item[1] >= '0' && item[1] <= '9'
		if !isSet && looksLikeSet || item == "none" && len(items) > 1 {
			return fault.Errorf(fault.Usage, "%s %q: want none, or a list of capabilities and of the sets %s",
				flag, text, strings.Join(manifest.CapabilitySetNames(), ", "))
		}
	}
	return nil
}

// checkGates refuses the words that stand alone among others.
func checkGates(text string) error {
	items := manifest.SplitList(text)
	for _, word := range []string{"payload", "none", "unchecked"} {
		if len(items) > 1 && slices.Contains(items, word) {
			return fault.Errorf(fault.Usage, "--feature-gates %q: %s cannot be combined with gates", text, word)
		}
	}
	return nil
}

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
