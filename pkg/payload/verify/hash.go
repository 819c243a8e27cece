package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/release-x/oc-release-x/pkg/payload/cluster"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust"
)

// checkHash compares the manifests with those that the connected cluster loaded, when it runs this release. A cluster
// that no flag names and that cannot be asked is passed over; a mistake in the flags that name one is an error.
func (v *verification) checkHash(ctx context.Context) error {
	check := trust.Check{Name: PayloadHash}
	if !v.Release.HasManifests {
		v.addSkipped(check, "no-manifests", "this source has no manifests")
		return nil
	}
	asking, cancel := ctx, context.CancelFunc(func() {})
	if !v.ClusterNamed {
		asking, cancel = cluster.Briefly(ctx)
	}
	defer cancel()
	id := v.Release.Identity
	version, err := v.Cluster.Version(asking)
	switch {
	case errors.Is(err, cluster.ErrNotConfigured):
		v.addSkipped(check, "no-cluster", "no cluster is connected")
	case err != nil && v.ClusterNamed && cluster.IsMistake(err):
		return err
	case err != nil && v.ClusterNamed:
		v.stopHash(check, err)
	case err != nil && v.Offline:
		v.addSkipped(check, trust.Offline, err.Error())
	case err != nil:
		v.addSkipped(check, "cluster", err.Error())
	case version.CompareHash("", v.Release.Version, id.ListDigest, id.Digest) == cluster.Unrelated:
		v.addSkipped(check, "other-release", fmt.Sprintf("the cluster at %s runs another release, %s (%s)", version.Server, version.Desired.Version, version.Desired.Image))
	default:
		check.Subject = "the cluster at " + version.Server
		v.compareHash(ctx, check)
	}
	return nil
}

// stopHash adds the check of the payload hash that an error of the cluster kept from being made.
func (v *verification) stopHash(check trust.Check, err error) {
	switch fault.KindOf(err) {
	case fault.Auth, fault.Network:
		v.addStopped(check, err)
	default:
		v.addSkipped(check, "cluster", err.Error())
	}
}

// compareHash makes the check for the cluster that runs the release.
func (v *verification) compareHash(ctx context.Context, check trust.Check) {
	connected, _, err := v.Cluster.Inclusion(ctx)
	if err != nil {
		v.stopHash(check, fmt.Errorf("the payload hash was not compared: %w", err))
		return
	}
	hash, err := v.hash(connected)
	if err != nil {
		check.Result, check.Reason = trust.Fail, err.Error()
		v.add(check)
		return
	}
	id := v.Release.Identity
	switch connected.Version.CompareHash(hash, v.Release.Version, id.ListDigest, id.Digest) {
	case cluster.Agrees:
		check.Result, check.Reason = trust.Pass, "the manifests are those that it loaded: "+hash
	case cluster.Differs:
		check.Result, check.Reason = trust.Fail, fmt.Sprintf("it loaded other manifests: %s, these are %s", connected.Version.Hash, hash)
	default:
		v.addSkipped(check, "not-loaded", "it has loaded no manifests yet")
		return
	}
	v.add(check)
}

// hash is the payload hash of the release for the connected cluster.
func (v *verification) hash(connected *cluster.Inclusion) (string, error) {
	id := v.Release.Identity
	pullSpec := cmp.Or(v.ClusterImage, connected.ReleaseImage(id.ListDigest, id.Digest), v.Release.PullSpec)
	settings := connected.Settings(nil, v.Release.Version)
	p := v.Release.Manifests(manifest.Render{ReleaseImage: pullSpec, ClusterProfile: settings.Profile})
	entries, _ := manifest.Evaluate(p.Objects, connected.Settings(p.Objects, v.Release.Version))
	if err := p.Err(); err != nil {
		return "", fmt.Errorf("%s: %w", id.Reference, err)
	}
	return manifest.Hash(entries)
}
