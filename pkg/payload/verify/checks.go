package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/verify/presence"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/sigstore"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/store"
)

// checkChain says what was verified while the release was read, and looks at the layers that were not: on disk and with
// Deep to the last byte, in a registry whether they are there.
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

// checkLayers looks at all layers of the release image, and says how.
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
	asked := readManifest{Registry: v.Registry, digest: id.Digest.String()}
	if verified, ok := v.Release.Image.(interface{ Manifest() []byte }); ok {
		asked.manifest = verified.Manifest()
	}
	return "the layers that hold the payload, the others are there", presence.Image(ctx, asked, id.Repository, id.Digest)
}

// readManifest is a registry that is not asked again for a manifest that was read.
type readManifest struct {
	presence.Registry
	digest   string
	manifest []byte // nil when the registry was not asked for it in this run
}

// Manifest gives the manifest that was read, else asks the registry.
func (r readManifest) Manifest(ctx context.Context, repository, name string) (body []byte, mediaType, declared string, err error) {
	if name == r.digest && r.manifest != nil {
		return r.manifest, "", "", nil
	}
	return r.Registry.Manifest(ctx, repository, name)
}

// checkVersion compares the release with the version that was typed. A tag is a name that a registry may give to any
// image, so one that says otherwise is only a warning.
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

// checkReferences fails for components that a digest does not fix.
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

// signed is the release as its signatures see it.
func (v *verification) signed() trust.Release {
	id := v.Release.Identity
	return trust.Release{
		Reference: v.text, Repository: id.Repository, Digest: id.Digest, ListDigest: id.ListDigest, Files: v.Release.Files,
	}
}

// checkOpenPGP asks who signed the release. Offline, the signatures that the cache keeps are looked at too.
func (v *verification) checkOpenPGP(ctx context.Context) error {
	openPGP, release := v.OpenPGP, v.signed()
	if v.Offline {
		openPGP.Stores = append(openPGP.Stores, cachedSignatures(v.Cache, release.Covered())...)
	}
	v.addSignatures(trust.VerifyOpenPGP(ctx, release, openPGP))
	return nil
}

// cachedSignatures are the signatures of a digest that the cache has, as a store; none when it has none.
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

// checkSigstore asks who signed the release's image in its registry.
func (v *verification) checkSigstore(ctx context.Context) error {
	options, id := v.Sigstore, v.Release.Identity
	switch {
	case !v.Offline:
		options.Registry = v.Registry
	case id.Repository != "" && id.Digest != "":
		if _, isKept := v.Cache.Tag(id.Repository, sigstore.Tag(id.Digest)); isKept {
			options.Registry = cachedRegistry{cache: v.Cache}
		}
	}
	v.addSignatures(trust.VerifySigstore(ctx, v.signed(), options))
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

// checkImages asks for every component's image.
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
