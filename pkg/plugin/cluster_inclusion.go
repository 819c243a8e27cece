package plugin

import (
	"context"
	"slices"

	"github.com/release-x/oc-release-x/pkg/payload/cluster"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// connected is what the connected cluster decides about a payload with.
type connected struct {
	version  *cluster.Version
	gates    *cluster.FeatureGates
	operator cluster.Operator
}

// ask reads from the cluster what --included-by-cluster needs beyond the flags that were given. An error comes with the
// flags that would do without the question.
func (f *factory) ask(ctx context.Context, given func(flag string) bool) (c *connected, without string, err error) {
	c = &connected{}
	if c.version, err = f.cluster.Version(ctx); err != nil {
		return nil, "", err
	}
	c.gates = &cluster.FeatureGates{}
	if !given("feature-set") || !given("feature-gates") {
		if c.gates, err = f.cluster.FeatureGates(ctx); err != nil {
			return nil, "--feature-set and --feature-gates", err
		}
	}
	if !given("profile") || !given("exclude-identifier") {
		if c.operator, err = f.cluster.Operator(ctx); err != nil {
			return nil, "--profile and --exclude-identifier", err
		}
	}
	f.notef("the cluster at %s has profile %s, feature set %s, exclude identifier %q and %d overrides", c.version.Server,
		orElse(c.operator.Profile, manifest.DefaultProfile), orElse(c.gates.FeatureSet, "Default"), c.operator.ExcludeIdentifier, len(c.version.Overrides))
	return c, "", nil
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// byCluster says for what the cluster was asked, and which flags do without it.
func byCluster(err error, flags string) error {
	if flags == "" || fault.KindOf(err) == fault.Network {
		return fault.Errorf(fault.KindOf(err), "--included-by-cluster: %w", err)
	}
	return fault.Errorf(fault.KindOf(err), "--included-by-cluster: %w; with %s it is not needed", err, flags)
}

// settings are the cluster's for a release. Of a release that it does not run it cannot know the gates and
// capabilities, so they are those that its operator would have after the update.
func (c *connected) settings(objects []*manifest.Object, version string) manifest.Settings {
	s := manifest.Settings{
		Profile:           c.operator.Profile,
		FeatureSet:        c.gates.FeatureSet,
		Gates:             c.enabledGates(version),
		ExcludeIdentifier: c.operator.ExcludeIdentifier,
		Overrides:         c.version.Overrides,
	}
	if c.version.KnownCapabilities == nil {
		return s
	}
	s.EnabledCapabilities = c.version.EnabledCapabilities
	if c.runs(version) {
		s.KnownCapabilities = c.version.KnownCapabilities
		return s
	}
	s.EnabledCapabilities = c.afterUpdate(objects)
	return s
}

// runs says whether a version is that of the release that the cluster runs, or is about to.
func (c *connected) runs(version string) bool { return version == c.version.Desired.Version }

// enabledGates are the gates that the cluster enables for a version. For another one than its own they are the
// payload's for its feature set, or those that a custom feature set lists.
func (c *connected) enabledGates(version string) manifest.Gates {
	if names, ok := c.gates.Enabled(version); ok {
		return manifest.Gates{Mode: manifest.ListedGates, Enabled: names}
	}
	if c.gates.FeatureSet == "CustomNoUpgrade" {
		return manifest.Gates{Mode: manifest.ListedGates, Enabled: c.gates.Custom}
	}
	return manifest.Gates{Mode: manifest.PayloadGates}
}

// afterUpdate are the capabilities that are enabled when the payload is: those of the baseline set, as it is in that
// release, those that the cluster adds, and those that it has enabled already, since none is ever disabled again.
// Those that the operator enables by itself come on top (manifest.ImplicitCapabilities).
func (c *connected) afterUpdate(objects []*manifest.Object) []string {
	baseline := orElse(c.version.BaselineCapabilitySet, "vCurrent")
	enabled, _ := manifest.CapabilitySet(baseline, manifest.CapabilitiesOf(objects))
	enabled = slices.Concat(enabled, c.version.AdditionalCapabilities, c.version.EnabledCapabilities)
	slices.Sort(enabled)
	return slices.Compact(enabled)
}

// releaseImage is the pull spec that the operator's manifests are rendered with: the cluster's own for a release
// that it named, or that is the one it runs.
func (f *factory) releaseImage(release *loaded, c *connected) string {
	if image, ok := f.verbatim[release.reference]; ok {
		return image
	}
	if c != nil && c.version.IsDesired(release.identity.ListDigest, release.identity.Digest) {
		return c.version.Desired.Image
	}
	return release.pullSpec
}

// compareHash compares the payload hash of a release with that of what the connected cluster loaded. The hash must be
// that of entries which were decided about with the settings of that cluster.
func (c *connected) compareHash(release *loaded, hash string) cluster.Agreement {
	return c.version.CompareHash(hash, release.Version, release.identity.ListDigest, release.identity.Digest)
}
