package cluster

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Inclusion is what a cluster decides with about the manifests of a payload.
type Inclusion struct {
	Version  *Version
	Gates    *FeatureGates
	Operator Operator
}

// Part is something that is read of a cluster for an Inclusion.
type Part string

// The parts.
const (
	PartVersion  Part = "ClusterVersion"
	PartGates    Part = "FeatureGate"
	PartOperator Part = "Deployment"
)

// Inclusion reads what decides about manifests: the ClusterVersion, and the other parts unless they are left out. An error
// comes with the part that could not be read.
func (c *Cluster) Inclusion(ctx context.Context, without ...Part) (i *Inclusion, failed Part, err error) {
	i = &Inclusion{Gates: &FeatureGates{}}
	if i.Version, err = c.Version(ctx); err != nil {
		return nil, PartVersion, err
	}
	if !slices.Contains(without, PartGates) {
		if i.Gates, err = c.FeatureGates(ctx); err != nil {
			return nil, PartGates, err
		}
	}
	if !slices.Contains(without, PartOperator) {
		if i.Operator, err = c.Operator(ctx); err != nil {
			return nil, PartOperator, err
		}
	}
	return i, "", nil
}

// Settings are the cluster's for a release. Of a release that it does not run it cannot know the gates and capabilities, so
// they are those that its operator would have after the update, but for those that it enables by itself
// (manifest.ImplicitCapabilities).
func (i *Inclusion) Settings(objects []*manifest.Object, version string) manifest.Settings {
	s := manifest.Settings{
		Profile:           cmp.Or(i.Operator.Profile, manifest.DefaultProfile),
		FeatureSet:        i.Gates.FeatureSet,
		Gates:             i.enabledGates(version),
		ExcludeIdentifier: i.Operator.ExcludeIdentifier,
		Overrides:         i.Version.Overrides,
		MajorVersion:      manifest.MajorVersion(version),
	}
	if i.Version.KnownCapabilities == nil {
		return s
	}
	s.EnabledCapabilities = i.Version.EnabledCapabilities
	if i.Runs(version) {
		s.KnownCapabilities = i.Version.KnownCapabilities
		return s
	}
	s.EnabledCapabilities = i.afterUpdate(objects)
	return s
}

// Runs reports whether a version is that of the release that the cluster runs, or is about to.
func (i *Inclusion) Runs(version string) bool { return version == i.Version.Desired.Version }

// ReleaseImage is the pull spec by which the cluster names the release with one of these digests; empty for a release that
// it does not run.
func (i *Inclusion) ReleaseImage(digests ...digest.Digest) string {
	if !i.Version.IsDesired(digests...) {
		return ""
	}
	return i.Version.Desired.Image
}

// enabledGates are the gates that the cluster enables for a version. For another one than its own they are the payload's
// for its feature set, or those that a custom feature set lists.
func (i *Inclusion) enabledGates(version string) manifest.Gates {
	if names, ok := i.Gates.Enabled(version); ok {
		return manifest.Gates{Mode: manifest.ListedGates, Enabled: names}
	}
	if i.Gates.FeatureSet == "CustomNoUpgrade" {
		return manifest.Gates{Mode: manifest.ListedGates, Enabled: i.Gates.Custom}
	}
	return manifest.Gates{Mode: manifest.PayloadGates}
}

// afterUpdate are the capabilities that are enabled when the payload is: those of the baseline set, as it is in that
// release, those that the cluster adds, and those that it has enabled already, since none is ever disabled again.
func (i *Inclusion) afterUpdate(objects []*manifest.Object) []string {
	enabled, _ := manifest.CapabilitySet(cmp.Or(i.Version.BaselineCapabilitySet, "vCurrent"), manifest.CapabilitiesOf(objects))
	enabled = slices.Concat(enabled, i.Version.AdditionalCapabilities, i.Version.EnabledCapabilities)
	slices.Sort(enabled)
	return slices.Compact(enabled)
}

// Undecided says which capabilities count as disabled because the running release is not known: those that the cluster
// does not know, if there are any.
func (i *Inclusion) Undecided(missing []string) string {
	which := ""
	if unknown := manifest.Without(missing, i.Version.KnownCapabilities); len(unknown) > 0 {
		missing, which = unknown, ", unknown to the cluster"
	}
	return fmt.Sprintf("these capabilities count as disabled%s: %s; the operator enables some by itself, but release %s, which the cluster runs, cannot be read",
		which, strings.Join(missing, ", "), i.Version.Desired.Version)
}
