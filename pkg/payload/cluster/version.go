package cluster

import (
	"context"
	"slices"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Release is a release in a ClusterVersion.
type Release struct {
	Version      string `json:"version"`
	Image        string `json:"image"`        // a pull spec, verbatim
	Architecture string `json:"architecture"` // Multi for a release of several; empty if the cluster does not say
}

// Multi reports whether a release is for several architectures, as far as the cluster says.
func (r Release) Multi() bool { return r.Architecture == "Multi" }

// Version has the fields of a cluster's ClusterVersion that matter here.
type Version struct {
	Server string // host[:port] of the API server

	Desired            Release // that the cluster runs or is updating to
	AvailableUpdates   []Release
	ConditionalUpdates []Release
	History            []Release // the newest first

	Hash      string // of the manifests of Desired that the operator loaded; empty until it has
	Overrides []manifest.Override

	// Both are nil for a cluster without capabilities.
	KnownCapabilities, EnabledCapabilities []string
	BaselineCapabilitySet                  string // as in its spec; empty is vCurrent
	AdditionalCapabilities                 []string
}

// clusterVersion is the JSON of a ClusterVersion (openshift/api, config/v1/types_cluster_version.go).
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

// Version reads the ClusterVersion once. A server without one, which is not OpenShift, is fault.NotFound.
func (c *Cluster) Version(ctx context.Context) (*Version, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.version != nil {
		return c.version, nil
	}
	var read clusterVersion
	api, err := c.get(ctx, object{group: "config.openshift.io", plural: "clusterversions", name: "version"}, &read)
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
	// A cluster with capabilities knows some even if it enables none.
	if len(r.Status.Capabilities.Known) > 0 || len(r.Status.Capabilities.Enabled) > 0 {
		v.KnownCapabilities = append([]string{}, r.Status.Capabilities.Known...)
		v.EnabledCapabilities = append([]string{}, r.Status.Capabilities.Enabled...)
	}
	return v
}

// Find returns a release of a version for which accept is true, and says where it was found. It looks at the cluster's own
// release first, then at updates, then at the history.
func (v *Version) Find(version string, accept func(Release) bool) (release Release, where string, ok bool) {
	for _, place := range []struct {
		releases []Release
		where    string
	}{
		{[]Release{v.Desired}, "the release of the cluster"},
		{v.AvailableUpdates, "an available update of the cluster"},
		{v.ConditionalUpdates, "a conditional update of the cluster"},
		{v.History, "in the history of the cluster"},
	} {
		i := slices.IndexFunc(place.releases, func(r Release) bool { return r.Version == version && r.Image != "" && accept(r) })
		if i >= 0 {
			return place.releases[i], place.where, true
		}
	}
	return Release{}, "", false
}

// IsDesired reports whether the pull spec of the cluster's own release has one of the digests.
func (v *Version) IsDesired(digests ...digest.Digest) bool {
	spec, err := oci.ParsePullSpec(v.Desired.Image)
	return err == nil && spec.Digest != "" && slices.Contains(digests, spec.Digest)
}

// mayBeDesired is IsDesired, but also true if the pull spec has no digest.
func (v *Version) mayBeDesired(digests []digest.Digest) bool {
	spec, err := oci.ParsePullSpec(v.Desired.Image)
	return v.IsDesired(digests...) || err == nil && spec.Digest == ""
}

// Agreement is the outcome of comparing a payload with what a cluster loaded.
type Agreement string

// The outcomes.
const (
	Agrees    Agreement = "agrees"
	Differs   Agreement = "differs"
	Unknown   Agreement = "is not known"          // the cluster has not loaded any manifests yet
	Unrelated Agreement = "is of another release" // which the cluster runs
)

// CompareHash compares the hash of a payload (manifest.Hash with the settings of this cluster) with the hash of the manifests
// that the cluster's operator loaded. The payload is that of the cluster if it has the version and one of the digests, of the
// list or of the image, in the cluster's pull spec. A pull spec without a digest fits every payload of the version.
func (v *Version) CompareHash(hash, version string, digests ...digest.Digest) Agreement {
	switch {
	case version != v.Desired.Version || !v.mayBeDesired(digests):
		return Unrelated
	case v.Hash == "":
		return Unknown
	case v.Hash != hash:
		return Differs
	}
	return Agrees
}

// Release returns the release of a version and says where it was found. arch is the architecture that is part of the version
// (as in tags, or multi), wanted the one that --arch gives; both may be empty. A cluster does not say for which architecture
// a release is unless it is for several, so only a release for several has a wanted architecture.
func (v *Version) Release(version, arch, wanted string) (release Release, where string, ok bool) {
	if arch == "" {
		return v.Find(version, func(r Release) bool { return wanted == "" || r.Multi() })
	}
	if release, where, ok := v.Find(version+"-"+arch, anyRelease); ok {
		return release, where, true
	}
	return v.Find(version, func(r Release) bool { return arch == "multi" && r.Multi() })
}

// HasVersion reports whether the cluster names a release of this version, for any architecture.
func (v *Version) HasVersion(version string) bool {
	_, _, ok := v.Find(version, anyRelease)
	return ok
}

func anyRelease(Release) bool { return true }
