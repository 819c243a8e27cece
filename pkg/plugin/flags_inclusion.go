package plugin

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// inclusionFlags say for which cluster the manifests of a payload are looked at.
type inclusionFlags struct {
	profile, featureSet, excludeIdentifier string
	featureGates, known, enabled           string
	overrides, installConfig, releaseImage string
	byCluster                              bool
	command                                *cobra.Command
}

func newInclusionFlags(cmd *cobra.Command) *inclusionFlags {
	i := &inclusionFlags{command: cmd}
	flags := cmd.Flags()
	flags.StringVar(&i.profile, "profile", manifest.DefaultProfile, "Cluster profile: "+strings.Join(manifest.Profiles(), ", "))
	flags.StringVar(&i.featureSet, "feature-set", "Default", "Feature set: "+strings.Join(manifest.FeatureSets(), ", "))
	flags.StringVar(&i.excludeIdentifier, "exclude-identifier", "", "Leave out what is annotated to be excluded by this identifier")
	flags.StringVar(&i.featureGates, "feature-gates", "payload", "Enabled feature gates: payload (what the release enables for profile and feature set), none, unchecked, or a list A,B")
	flags.StringVar(&i.known, "known-capabilities", "", "Capabilities that the operator knows: none or a list A,B (default: not checked)")
	flags.StringVar(&i.enabled, "capabilities", "", "Enabled capabilities: none, vCurrent, a set such as v4.14, or a list A,B (default: all known)")
	flags.StringVar(&i.overrides, "overrides", "", "File with the overrides of a ClusterVersion, or a ClusterVersion")
	flags.StringVar(&i.installConfig, "install-config", "", "File of an installer: feature set, gates and capabilities of the cluster to come")
	flags.BoolVar(&i.byCluster, "included-by-cluster", false, "Take profile, feature set, gates, capabilities, overrides and exclude identifier from the connected cluster; other flags take precedence")
	flags.StringVar(&i.releaseImage, "release-image", "", "Pull spec that the operator's own manifests are rendered with (default: the release by digest, or as the cluster names it)")
	return i
}

// check refuses values that no cluster could have, before anything is fetched, and reads the files.
func (i *inclusionFlags) check(ctx context.Context) (inclusion, error) {
	c := inclusion{flags: i}
	if i.byCluster && i.installConfig != "" {
		return c, fault.Errorf(fault.Usage, "--included-by-cluster and --install-config both say which cluster it is: give one of them")
	}
	for _, err := range []error{
		checkCapabilities("--capabilities", i.enabled), checkCapabilities("--known-capabilities", i.known), checkGates(i.featureGates), checkReleaseImage(i.releaseImage),
	} {
		if err != nil {
			return c, err
		}
	}
	var err error
	if c.installConfig, err = readInstallConfig(ctx, i.installConfig); err != nil {
		return c, err
	}
	c.overrides, err = readOverrides(ctx, i.overrides)
	return c, err
}

// checkCapabilities refuses sets that are not known, and none among others.
func checkCapabilities(flag, text string) error {
	items := list(text)
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
	items := list(text)
	for _, word := range []string{"payload", "none", "unchecked"} {
		if len(items) > 1 && slices.Contains(items, word) {
			return fault.Errorf(fault.Usage, "--feature-gates %q: %s stands alone, or want a list of gates", text, word)
		}
	}
	return nil
}
