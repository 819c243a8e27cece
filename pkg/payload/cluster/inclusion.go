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

// Inclusion has what decides which manifests of a payload a cluster includes.
type Inclusion struct {
	Version  *Version
	Gates    *FeatureGates
	Operator Operator
}

// Part is an object that is read for an Inclusion.
type Part string

// The parts.
const (
	PartVersion  Part = "ClusterVersion"
	PartGates    Part = "FeatureGate"
	PartOperator Part = "Deployment"
)

// Inclusion reads the ClusterVersion, and the other parts unless they are in without. failed is the part that an error is about.
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

// Settings returns the cluster's settings for a release. If the cluster does not run the release, gates and capabilities are
// those that it would have after the update, without those that the operator would enable by itself
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
	s.EnabledCapabilities = i.capabilitiesAfterUpdate(objects)
	return s
}

// Runs reports whether the cluster runs or is updating to the version.
func (i *Inclusion) Runs(version string) bool { return version == i.Version.Desired.Version }

// ReleaseImage is the cluster's pull spec of its release if it has one of the digests, else empty.
func (i *Inclusion) ReleaseImage(digests ...digest.Digest) string {
	if !i.Version.IsDesired(digests...) {
		return ""
	}
	return i.Version.Desired.Image
}

// enabledGates returns the gates that the cluster enables for a version. For a version that it does not run, these are the
// payload's gates for its feature set, or those that its custom feature set lists.
func (i *Inclusion) enabledGates(version string) manifest.Gates {
	if names, ok := i.Gates.Enabled(version); ok {
		return manifest.Gates{Mode: manifest.ListedGates, Enabled: names}
	}
	if i.Gates.FeatureSet == "CustomNoUpgrade" {
		return manifest.Gates{Mode: manifest.ListedGates, Enabled: i.Gates.Custom}
	}
	return manifest.Gates{Mode: manifest.PayloadGates}
}

// capabilitiesAfterUpdate returns the capabilities that are enabled after an update to the payload: those of the payload's
// baseline set, those that the cluster adds, and those that it has already enabled, because none is ever disabled again.
func (i *Inclusion) capabilitiesAfterUpdate(objects []*manifest.Object) []string {
	enabled, _ := manifest.CapabilitySet(cmp.Or(i.Version.BaselineCapabilitySet, "vCurrent"), manifest.CapabilitiesOf(objects))
	enabled = slices.Concat(enabled, i.Version.AdditionalCapabilities, i.Version.EnabledCapabilities)
	slices.Sort(enabled)
	return slices.Compact(enabled)
}

// UndecidedCapabilities is a warning about the capabilities that count as disabled because the running release cannot be read:
// those of missing that the cluster does not know, or all of them if it knows all.
func (i *Inclusion) UndecidedCapabilities(missing []string) string {
	which := ""
	if unknown := manifest.Without(missing, i.Version.KnownCapabilities); len(unknown) > 0 {
		missing, which = unknown, ", unknown to the cluster"
	}
	return fmt.Sprintf("these capabilities count as disabled%s: %s; the operator enables some by itself, but release %s, which the cluster runs, cannot be read",
		which, strings.Join(missing, ", "), i.Version.Desired.Version)
}
