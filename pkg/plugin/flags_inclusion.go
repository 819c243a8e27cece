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

// inclusionFlags describe the cluster that manifests are for. They decide which manifests are included.
type inclusionFlags struct {
	profile, featureSet, excludeIdentifier               optional
	featureGates, knownCapabilities, enabledCapabilities optional
	overrides                                            optional
	installConfig, releaseImage                          string
	byCluster                                            bool
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
	flags.Var(&i.knownCapabilities, "known-capabilities", "Capabilities that the operator knows: none or a list A,B (default: not checked)")
	flags.Var(&i.enabledCapabilities, "capabilities", "Enabled capabilities: none, vCurrent, a set such as v4.14, or a list A,B (default: all known)")
	flags.Var(&i.overrides, "overrides", "File with the overrides of a ClusterVersion, or with the whole ClusterVersion")
	flags.StringVar(&i.installConfig, "install-config", "", "install-config.yaml to take feature set, feature gates and capabilities from")
	flags.BoolVar(&i.byCluster, "included-by-cluster", false, "Take profile, feature set, feature gates, capabilities, overrides and exclude identifier from the connected cluster, unless other flags give them")
	flags.StringVar(&i.releaseImage, "release-image", "", "Pull spec to render the operator's own manifests with (default: the release by digest, or as the cluster names it)")
}

// given returns the names of the given flags that decide which manifests are included, in the order of help.
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
		{"known-capabilities", i.knownCapabilities.given},
		{"capabilities", i.enabledCapabilities.given},
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

// inclusionRequest holds the checked values of inclusionFlags, with the files read.
type inclusionRequest struct {
	choices       manifest.Choices
	names         []manifest.SettingName // names that have to exist in the payload or in this program
	gates         []manifest.SettingName // gates that the user listed
	installConfig *manifest.InstallConfig
	byCluster     bool
	releaseImage  string
}

// complete refuses invalid values and reads the files.
func (i *inclusionFlags) complete(ctx context.Context) (inclusionRequest, error) {
	r := inclusionRequest{byCluster: i.byCluster, releaseImage: i.releaseImage}
	if i.byCluster && i.installConfig != "" {
		return r, fault.Errorf(fault.Usage, "--included-by-cluster and --install-config both describe the cluster: give one of them")
	}
	for _, err := range []error{
		checkCapabilities("--capabilities", i.enabledCapabilities.text), checkCapabilities("--known-capabilities", i.knownCapabilities.text),
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
	r.names, r.gates = i.namesToCheck(r.installConfig), i.gateNames(r)
	return r, nil
}

// choices returns the settings that flags give, except overrides.
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
	if i.knownCapabilities.given {
		c.KnownCapabilities = manifest.SplitList(i.knownCapabilities.text)
	}
	if i.enabledCapabilities.given {
		c.EnabledCapabilities = manifest.SplitList(i.enabledCapabilities.text)
	}
	return c
}

// namesToCheck returns the profiles, feature sets and capabilities in flags and in the install config.
func (i *inclusionFlags) namesToCheck(config *manifest.InstallConfig) []manifest.SettingName {
	names := []manifest.SettingName{
		{Source: "--profile", Kind: manifest.ProfileName, Name: i.profile.text},
		{Source: "--feature-set", Kind: manifest.FeatureSetName, Name: i.featureSet.text},
	}
	names = append(names, manifest.CapabilityNames("--capabilities", manifest.SplitList(i.enabledCapabilities.text))...)
	names = append(names, manifest.CapabilityNames("--known-capabilities", manifest.SplitList(i.knownCapabilities.text))...)
	if config == nil {
		return names
	}
	file := "--install-config " + i.installConfig
	names = append(names, manifest.SettingName{Source: file + ": featureSet", Kind: manifest.FeatureSetName, Name: config.FeatureSet})
	return append(names, manifest.CapabilityNames(file+": additionalEnabledCapabilities", config.AdditionalEnabledCapabilities)...)
}

// gateNames returns the gates of --feature-gates, else those of the install config.
func (i *inclusionFlags) gateNames(r inclusionRequest) []manifest.SettingName {
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

// settings returns the settings of a cluster for a release: from the connected cluster or the install config if there is
// one, overridden by flags.
func (r inclusionRequest) settings(inclusion *cluster.Inclusion, objects []*manifest.Object, version string) manifest.Settings {
	base := manifest.Settings{Profile: manifest.DefaultProfile}
	switch {
	case inclusion != nil:
		base = inclusion.Settings(objects, version)
	case r.installConfig != nil:
		base = r.installConfig.Settings(objects)
	}
	base.MajorVersion = manifest.MajorVersion(version)
	return r.choices.Apply(base, objects)
}

// profile returns the cluster profile, which templates of manifests may use.
func (r inclusionRequest) profile(inclusion *cluster.Inclusion) string {
	return r.settings(inclusion, nil, "").Profile
}

// checkCapabilities refuses unknown sets, and none in a list with others.
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

// checkGates refuses payload, none and unchecked in a list with others.
func checkGates(text string) error {
	items := manifest.SplitList(text)
	for _, word := range []string{"payload", "none", "unchecked"} {
		if len(items) > 1 && slices.Contains(items, word) {
			return fault.Errorf(fault.Usage, "--feature-gates %q: %s cannot be combined with gates", text, word)
		}
	}
	return nil
}

// describe lists the settings for the page of a graph: profile, feature set and gates, and the others that are set.
func (r inclusionRequest) describe(e *evaluatedRelease) []graphpage.Setting {
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
	if e.inclusion != nil {
		add("Cluster", e.inclusion.Version.Server)
	}
	return settings
}

func featureSetName(s manifest.Settings) string { return cmp.Or(s.FeatureSet, "Default") }

// describeGates says where the enabled gates come from, or lists the gates of --feature-gates.
func (r inclusionRequest) describeGates(e *evaluatedRelease) string {
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

// source returns the value of a flag, nil if it is not given, else where the setting comes from.
func (r inclusionRequest) source(e *evaluatedRelease, chosen []string) string {
	switch {
	case chosen != nil:
		return cmp.Or(strings.Join(chosen, ","), "none")
	case e.inclusion != nil:
		return "the cluster's"
	case r.installConfig != nil:
		return "of the install config"
	}
	return "none"
}
