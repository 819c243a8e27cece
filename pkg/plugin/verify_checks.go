package plugin

import (
	"context"
	"errors"
	"fmt"

	"github.com/opencontainers/go-digest"
	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload/cluster"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/payload/presence"
	"github.com/release-x/oc-release-x/pkg/payload/trust"
	"github.com/release-x/oc-release-x/pkg/payload/trust/sigstore"
	"github.com/release-x/oc-release-x/pkg/payload/trust/store"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// fetched is a registry that is not asked for a manifest which it gave already.
type fetched struct {
	presence.Registry
	digest   string
	manifest []byte // nil: it has not been asked for it in this run
}

func (f fetched) Manifest(ctx context.Context, repository, name string) (body []byte, mediaType, declared string, err error) {
	if name == f.digest && f.manifest != nil {
		return f.manifest, "", "", nil
	}
	return f.Registry.Manifest(ctx, repository, name)
}

// signed is the release as its signatures see it.
func (v *verification) signed() trust.Release {
	id := v.release.identity
	return trust.Release{
		Reference: v.ref.Text, Repository: id.Repository, Digest: id.Digest, ListDigest: id.ListDigest, Files: v.files,
	}
}

// checkOpenPGP asks who signed the release; with --offline the signatures that the cache keeps are looked at too.
func (v *verification) checkOpenPGP(ctx context.Context) {
	openPGP, release := v.trust.openPGP, v.signed()
	if v.global.cache.offline {
		openPGP.Stores = append(openPGP.Stores, keptSignatures(v.kept, release.Covered())...)
	}
	v.addSignatures(trust.VerifyOpenPGP(ctx, release, openPGP))
}

// keptSignatures are the signatures of a digest that the cache has, as a store; none when it has none.
func keptSignatures(kept *cache.Cache, d digest.Digest) []store.Store {
	found := store.Found{Name: "the cache", Digest: d}
	for _, s := range kept.Signatures(d) {
		found.List = append(found.List, store.Signature{Where: s.Where + " (from the cache)", Data: s.Data})
	}
	if len(found.List) == 0 {
		return nil
	}
	return []store.Store{found}
}

// checkSigstore asks who signed the release's image in its registry.
func (v *verification) checkSigstore(ctx context.Context) {
	options, id := v.trust.sigstore, v.release.identity
	switch {
	case !v.global.cache.offline:
		options.Registry = v.client
	case id.Repository != "" && id.Digest != "":
		if _, isKept := v.kept.Tag(id.Repository, sigstore.Tag(id.Digest)); isKept {
			options.Registry = keeper{cache: v.kept}
		}
	}
	v.addSignatures(trust.VerifySigstore(ctx, v.signed(), options))
}

func (v *verification) addSignatures(checks []trust.Check) {
	for _, c := range checks {
		check := v1alpha1.Check{
			Name: c.Name, Subject: c.Subject, Result: string(c.Result), Reason: c.Reason, SkippedBecause: string(c.Cause),
			Key: c.Key, Digest: c.Digest.String(),
		}
		if c.Err != nil {
			v.stop(check, c.Err)
			continue
		}
		v.add(check)
	}
}

// checkImages asks for every component's image.
func (v *verification) checkImages(ctx context.Context) {
	if v.global.cache.offline {
		v.skipped(v1alpha1.Check{Name: imageCheck}, trust.Offline, "--offline was given, so no registry is asked")
		return
	}
	results := presence.Check(ctx, v.client, v.release.Components, presence.Options{
		Parallel: 4 * v.global.registry.maxPerRegistry, Deep: v.deep,
	})
	for _, r := range results {
		check := v1alpha1.Check{
			Name: imageCheck, Subject: r.Component.Name, Result: v1alpha1.Pass, Reason: "present and pullable", Digest: r.Component.Digest.String(),
		}
		switch fault.KindOf(r.Err) {
		case fault.Auth, fault.Network:
			v.stop(check, r.Err)
			continue
		}
		if r.Err != nil {
			check.Result, check.Reason = v1alpha1.Fail, r.Err.Error()
		}
		v.add(check)
	}
}

// checkHash compares the manifests with those that the connected cluster loaded, when it runs this release. A cluster
// that nobody named and that cannot be asked is passed over; a mistake in the flags that name one is an error.
func (v *verification) checkHash(ctx context.Context, cmd *cobra.Command) error {
	check := v1alpha1.Check{Name: hashCheck}
	named := v.global.cluster.given()
	asking, cancel := ctx, context.CancelFunc(func() {})
	if !named {
		asking, cancel = context.WithTimeoutCause(ctx, lookup, fmt.Errorf("no answer within %s", lookup))
	}
	defer cancel()
	if !v.release.HasManifests {
		v.skipped(check, "no-manifests", "this source has no manifests")
		return nil
	}
	version, err := v.factory.cluster.Version(asking)
	switch {
	case errors.Is(err, errNoCluster):
		v.skipped(check, "no-cluster", "no cluster is connected")
	case err != nil && named && isMistake(err):
		return err
	case err != nil && named:
		v.stopHash(check, err)
	case err != nil && v.global.cache.offline:
		v.skipped(check, trust.Offline, err.Error())
	case err != nil:
		v.skipped(check, "cluster", err.Error())
	case version.CompareHash("", v.release.Version, v.release.identity.ListDigest, v.release.identity.Digest) == cluster.Unrelated:
		v.skipped(check, "other-release", fmt.Sprintf("the cluster at %s runs another release, %s (%s)", version.Server, version.Desired.Version, version.Desired.Image))
	default:
		v.compareHash(ctx, cmd, version, check)
	}
	return nil
}

// stopHash adds the check of the payload hash that an error of the cluster kept from being made.
func (v *verification) stopHash(check v1alpha1.Check, err error) {
	switch fault.KindOf(err) {
	case fault.Auth, fault.Network:
		v.stop(check, err)
	default:
		v.skipped(check, "cluster", err.Error())
	}
}

// compareHash makes the check for the cluster that runs the release.
func (v *verification) compareHash(ctx context.Context, cmd *cobra.Command, version *cluster.Version, check v1alpha1.Check) {
	check.Subject = "the cluster at " + version.Server
	connected, _, err := v.ask(ctx, func(string) bool { return false })
	if err != nil {
		v.stopHash(check, fmt.Errorf("the payload hash was not compared: %w", err))
		return
	}
	var hash string
	decided, err := v.decide(v.ref, v.release, v.files, inclusion{flags: &inclusionFlags{command: cmd}, connected: connected})
	if err == nil {
		hash, err = manifest.Hash(decided.entries)
	}
	if err != nil {
		check.Result, check.Reason = v1alpha1.Fail, err.Error()
		v.add(check)
		return
	}
	switch connected.compareHash(v.release, hash) {
	case cluster.Agrees:
		check.Result, check.Reason = v1alpha1.Pass, "the manifests are those that it loaded: "+hash
	case cluster.Differs:
		check.Result, check.Reason = v1alpha1.Fail, fmt.Sprintf("it loaded other manifests: %s, these are %s", version.Hash, hash)
	default:
		v.skipped(check, "not-loaded", "it has loaded no manifests yet")
		return
	}
	v.add(check)
}
