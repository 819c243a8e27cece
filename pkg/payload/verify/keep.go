package verify

import (
	"context"
	"fmt"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/verify/presence"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/sigstore"
)

// KeepRequest says what of a release is put into the cache, beside what reading it has put there.
type KeepRequest struct {
	Release  *image.Release // with the contents of its manifests
	Registry Registry
	Cache    *cache.Cache
	Places   trust.OpenPGP // where OpenPGP signatures are
	Deep     bool          // the manifests of the component images too
	Parallel int           // questions for images at once
}

// Kept is what was put into the cache.
type Kept struct {
	OpenPGP, Sigstore, Manifests int
	// Failed are the errors of what could not be fetched.
	Failed []error
}

// Keep fetches what a verification without a network needs. A place of signatures that cannot be asked counts as a failure
// when no other place has one.
func Keep(ctx context.Context, r KeepRequest) Kept {
	var kept Kept
	id := r.Release.Identity
	signed := trust.Release{Repository: id.Repository, Digest: id.Digest, ListDigest: id.ListDigest, Files: r.Release.Files}
	found, failed := trust.CollectOpenPGP(ctx, signed, r.Places)
	var list []cache.Signature
	for _, s := range found {
		list = append(list, cache.Signature{Where: s.Where, Data: s.Data})
	}
	if kept.OpenPGP = len(list); kept.OpenPGP > 0 {
		r.Cache.KeepSignatures(signed.Covered(), list)
	} else {
		kept.Failed = append(kept.Failed, failed...)
	}
	registry := cachedRegistry{r.Registry, r.Cache}
	signatures, err := sigstore.Fetch(ctx, registry, id.Repository, id.Digest)
	if kept.Sigstore = len(signatures); err != nil && fault.KindOf(err) != fault.NotFound {
		kept.Failed = append(kept.Failed, err)
	}
	if !r.Deep {
		return kept
	}
	for _, result := range presence.Check(ctx, registry, r.Release.Components, presence.Options{Parallel: r.Parallel, Deep: true}) {
		if result.Err != nil {
			kept.Failed = append(kept.Failed, fmt.Errorf("the manifest of %s: %w", result.Component.Name, result.Err))
			continue
		}
		kept.Manifests++
	}
	return kept
}
