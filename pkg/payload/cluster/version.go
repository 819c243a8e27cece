package cluster

import (
	"context"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Release is a release as a cluster names it.
type Release struct {
	Version      string `json:"version"`
	Image        string `json:"image"`        // a pull spec, verbatim
	Architecture string `json:"architecture"` // Multi for a release of several, empty when the cluster does not say
}

// Multi says whether a release is known to be for several architectures.
func (r Release) Multi() bool { return r.Architecture == "Multi" }

// Version is what a cluster's ClusterVersion says.
type Version struct {
	Server string // host[:port] of the API server

	Desired            Release // what the cluster runs, or is about to
	AvailableUpdates   []Release
	ConditionalUpdates []Release
	History            []Release // the newest first

	Hash      string // of the manifests of Desired that the operator loaded; empty while it has loaded none
	Overrides []manifest.Override

	// Capabilities, both nil for a cluster that knows none.
	KnownCapabilities, EnabledCapabilities []string
	BaselineCapabilitySet                  string // as its specification asks; empty is vCurrent
	AdditionalCapabilities                 []string
}

// clusterVersion is what is read of a ClusterVersion (openshift/api, config/v1/types_cluster_version.go).
type clusterVersion struct {
	Spec struct {
		Overrides    []manifest.Override `json:"overrides"`
		Capabilities struct {
			Baseline   string   `json:"baselineCapabilitySet"`
			Additional []string `json:"additionalEnabledCapabilities"`
		} `json:"capabilities"`
	} `json:"spec"`
	Status struct {
		Desired            Release   `json:"desired"`
		AvailableUpdates   []Release `json:"availableUpdates"`
		ConditionalUpdates []struct {
			Release Release `json:"release"`
		} `json:"conditionalUpdates"`
		History      []Release `json:"history"`
		VersionHash  string    `json:"versionHash"`
		Capabilities struct {
			Enabled []string `json:"enabledCapabilities"`
			Known   []string `json:"knownCapabilities"`
		} `json:"capabilities"`
	} `json:"status"`
}

// Version reads the ClusterVersion, once. A server without one is fault.NotFound: it is no OpenShift.
func (c *Cluster) Version(ctx context.Context) (*Version, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.version != nil {
		return c.version, nil
	}
	var read clusterVersion
	api, err := c.get(ctx, object{group: "config.openshift.io", plural: "clusterversions", object: "version"}, &read)
	if fault.KindOf(err) == fault.NotFound && api != nil {
		return nil, fault.Errorf(fault.NotFound, "the server %s is not OpenShift: it has no ClusterVersion", api.host)
	}
	if err != nil {
		return nil, err
	}
	c.version = read.version(api.host)
	return c.version, nil
}

func (r *clusterVersion) version(server string) *Version {
	v := &Version{
		Server:                 server,
		Desired:                r.Status.Desired,
		AvailableUpdates:       r.Status.AvailableUpdates,
		History:                r.Status.History,
		Hash:                   r.Status.VersionHash,
		Overrides:              r.Spec.Overrides,
		BaselineCapabilitySet:  r.Spec.Capabilities.Baseline,
		AdditionalCapabilities: r.Spec.Capabilities.Additional,
	}
	for _, update := range r.Status.ConditionalUpdates {
		v.ConditionalUpdates = append(v.ConditionalUpdates, update.Release)
	}
	// A cluster that enables none still knows some; one without either is older than capabilities.
	if len(r.Status.Capabilities.Known) > 0 || len(r.Status.Capabilities.Enabled) > 0 {
		v.KnownCapabilities = append([]string{}, r.Status.Capabilities.Known...)
		v.EnabledCapabilities = append([]string{}, r.Status.Capabilities.Enabled...)
	}
	return v
}

// Find looks for a release of this version that fits, nearest to the cluster first, and says where it was found.
func (v *Version) Find(version string, fits func(Release) bool) (release Release, where string, ok bool) {
	for _, place := range []struct {
		releases []Release
		where    string
	}{
		{[]Release{v.Desired}, "the release of the cluster"},
		{v.AvailableUpdates, "an available update of the cluster"},
		{v.ConditionalUpdates, "a conditional update of the cluster"},
		{v.History, "in the history of the cluster"},
	} {
		i := slices.IndexFunc(place.releases, func(r Release) bool { return r.Version == version && r.Image != "" && fits(r) })
		if i >= 0 {
			return place.releases[i], place.where, true
		}
	}
	return Release{}, "", false
}

// IsDesired says whether one of these digests is the one by which the cluster's own release is referenced.
func (v *Version) IsDesired(digests ...digest.Digest) bool {
	_, pinned, ok := strings.Cut(v.Desired.Image, "@")
	return ok && slices.Contains(digests, digest.Digest(pinned))
}

// mayBe is IsDesired for a cluster whose reference may have no digest.
func (v *Version) mayBe(digests []digest.Digest) bool {
	return v.IsDesired(digests...) || !strings.Contains(v.Desired.Image, "@")
}

// Release looks for the release of a version and says where it was found. arch is the architecture in the version (as
// tags write it, or multi), wanted the one that was asked for beside it; both may be empty. A cluster says of a release
// whether it is for several architectures, but not for which one otherwise: an architecture is found in a release for
// several only.
func (v *Version) Release(version, arch, wanted string) (release Release, where string, ok bool) {
	if arch == "" {
		return v.Find(version, func(r Release) bool { return wanted == "" || r.Multi() })
	}
	if release, where, ok := v.Find(version+"-"+arch, anyRelease); ok {
		return release, where, true
	}
	return v.Find(version, func(r Release) bool { return arch == "multi" && r.Multi() })
}

// Knows reports whether the cluster knows a release of this version, for whatever architecture.
func (v *Version) Knows(version string) bool {
	_, _, ok := v.Find(version, anyRelease)
	return ok
}

func anyRelease(Release) bool { return true }
