package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/cluster"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/verify/presence"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/sigstore"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/store"
)

// checkChain reports what was verified while the release was read, and checks the layers that were not read: on disk and with
// Deep their bytes, otherwise whether the registry has them.
func (v *verification) checkChain(ctx context.Context) error {
	id := v.Release.Identity
	check := trust.Check{Name: Chain, Subject: v.text, Digest: id.Digest, Result: trust.Pass}
	if id.Digest == "" {
		v.addSkipped(check, trust.NoDigest, "this source has no digest: read the release from a registry, a layout or an OCI archive")
		return nil
	}
	layers, err := v.checkLayers(ctx)
	check.Reason = fmt.Sprintf("image %s, its configuration, image-references; %s", id.Digest, layers)
	if id.ListDigest != "" {
		check.Reason = fmt.Sprintf("list %s, %s", id.ListDigest, check.Reason)
	}
	switch kind := fault.KindOf(err); {
	case kind == fault.Auth || kind == fault.Network:
		v.addStopped(check, err)
		return nil
	case err != nil:
		check.Result, check.Reason = trust.Fail, err.Error()
	}
	v.add(check)
	return nil
}

// checkLayers checks the layers of the release image. how says what was checked.
func (v *verification) checkLayers(ctx context.Context) (how string, err error) {
	id := v.Release.Identity
	layered, ok := v.Release.Image.(image.Layered)
	switch {
	case !ok:
		return "the layers are not known", nil
	case v.Reference.Kind != image.KindRegistry || v.Deep && !v.Offline:
		n, err := layered.VerifyLayers(ctx)
		return fmt.Sprintf("all %d layers", n), err
	case v.Offline:
		return "the layers that hold the payload", nil
	}
	registry := readManifest{Registry: v.Registry, digest: id.Digest.String()}
	if verified, ok := v.Release.Image.(interface{ Manifest() []byte }); ok {
		registry.manifest = verified.Manifest()
	}
	return "the layers that hold the payload, the others are there", presence.Image(ctx, registry, id.Repository, id.Digest)
}

// readManifest is a registry from which one manifest was read before.
type readManifest struct {
	presence.Registry
	digest   string
	manifest []byte // nil if it was read from the cache, not from the registry
}

// Manifest asks the registry only for other manifests than the one that was read.
func (r readManifest) Manifest(ctx context.Context, repository oci.Repository, name string) (body []byte, mediaType, declared string, err error) {
	if name == r.digest && r.manifest != nil {
		return r.manifest, "", "", nil
	}
	return r.Registry.Manifest(ctx, repository, name)
}

// checkVersion compares the release with the version that was asked for. A registry may give a tag to any image, so the check
// is only skipped for a tag of another version.
func (v *verification) checkVersion(context.Context) error {
	asked := v.Release.Asked()
	check := trust.Check{Name: Version, Subject: v.text, Result: trust.Pass}
	other := slices.DeleteFunc([]string{v.Release.OtherVersion(), v.Release.OtherArchitecture()}, func(text string) bool { return text == "" })
	switch {
	case asked.Version == "":
		v.addSkipped(check, "no-version", "no version was asked for; the release says that it is "+v.Release.Version)
		return nil
	case len(other) > 0 && !asked.Typed:
		v.addSkipped(check, "tag", strings.Join(other, "; ")+", and a tag proves nothing: name the release by its version")
		return nil
	case len(other) > 0:
		check.Result, check.Reason = trust.Fail, strings.Join(other, "; ")
	default:
		check.Reason = "the release says that it is " + v.Release.Version
	}
	v.add(check)
	return nil
}

// checkReferences fails if the release refers to a component other than by digest.
func (v *verification) checkReferences(context.Context) error {
	check := trust.Check{Name: References, Subject: fmt.Sprintf("%d components", len(v.Release.Components)), Result: trust.Pass, Reason: "each by digest"}
	for _, component := range v.Release.Components {
		if component.Digest == "" {
			check.Result, check.Reason = trust.Fail, fmt.Sprintf("%s is not referenced by a digest: %s", component.Name, payload.HideUserinfo(component.Image))
			break
		}
	}
	v.add(check)
	return nil
}

// trustRelease is the release for the checks of package trust.
func (v *verification) trustRelease() trust.Release {
	id := v.Release.Identity
	return trust.Release{
		Reference: v.text, Repository: id.Repository, Digest: id.Digest, ListDigest: id.ListDigest, Files: v.Release.Files,
	}
}

// checkOpenPGP checks the OpenPGP signatures, offline also those in the cache.
func (v *verification) checkOpenPGP(ctx context.Context) error {
	openPGP, release := v.OpenPGP, v.trustRelease()
	if v.Offline {
		openPGP.Stores = append(openPGP.Stores, cachedSignatures(v.Cache, release.Covered())...)
	}
	v.addSignatures(trust.VerifyOpenPGP(ctx, release, openPGP))
	return nil
}

// cachedSignatures returns a store of the cache's signatures of a digest, or no store if it has none.
func cachedSignatures(kept *cache.Cache, d digest.Digest) []store.Store {
	found := store.Cached{Name: "the cache", Digest: d}
	for _, s := range kept.Signatures(d) {
		found.List = append(found.List, store.Signature{Where: s.Where + " (from the cache)", Data: s.Data})
	}
	if len(found.List) == 0 {
		return nil
	}
	return []store.Store{found}
}

// checkSigstore checks the sigstore signatures of the image, offline those in the cache.
func (v *verification) checkSigstore(ctx context.Context) error {
	options, id := v.Sigstore, v.Release.Identity
	switch {
	case !v.Offline:
		options.Registry = v.Registry
	case !id.Repository.IsZero() && id.Digest != "":
		if _, cached := v.Cache.Tag(id.Repository, sigstore.Tag(id.Digest)); cached {
			options.Registry = cachedRegistry{cache: v.Cache}
		}
	}
	v.addSignatures(trust.VerifySigstore(ctx, v.trustRelease(), options))
	return nil
}

func (v *verification) addSignatures(checks []trust.Check) {
	for _, c := range checks {
		if c.Err != nil {
			v.addStopped(c, c.Err)
			continue
		}
		v.add(c)
	}
}

// checkImages checks that every component's image can be pulled.
func (v *verification) checkImages(ctx context.Context) error {
	if v.Offline {
		v.addSkipped(trust.Check{Name: Image}, trust.Offline, "--offline was given, so no registry is asked")
		return nil
	}
	for _, r := range presence.Check(ctx, v.Registry, v.Release.Components, presence.Options{Parallel: v.Parallel, Deep: v.Deep}) {
		check := trust.Check{
			Name: Image, Subject: r.Component.Name, Result: trust.Pass, Reason: "present and pullable", Digest: r.Component.Digest,
		}
		switch fault.KindOf(r.Err) {
		case fault.Auth, fault.Network:
			v.addStopped(check, r.Err)
			continue
		}
		if r.Err != nil {
			check.Result, check.Reason = trust.Fail, r.Err.Error()
		}
		v.add(check)
	}
	return nil
}

// checkHash compares the manifests with those that the connected cluster loaded, if it runs this release. The check is skipped
// if the cluster cannot be asked; only a mistake in the flags that name it is an error.
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
	case err != nil && v.ClusterNamed && cluster.IsConfigurationError(err):
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

// stopHash adds the check that an error of the cluster prevented.
func (v *verification) stopHash(check trust.Check, err error) {
	switch fault.KindOf(err) {
	case fault.Auth, fault.Network:
		v.addStopped(check, err)
	default:
		v.addSkipped(check, "cluster", err.Error())
	}
}

// compareHash adds the check for a cluster that runs the release.
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

// hash computes the payload hash of the release for the connected cluster.
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
