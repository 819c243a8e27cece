package trust

import (
	"bytes"
	"context"
	"slices"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/configmap"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/store"
)

// Covered is the digest that the OpenPGP signatures of a release are about: of the list where there is one; empty where
// the source has none.
func (r Release) Covered() digest.Digest {
	d, _ := r.covered()
	return d
}

// CollectOpenPGP gives all signatures of a release that its stores have, and those of o, for a verification later. They
// are not verified, and o's keys do not matter. failed are the stores that could not be asked.
func CollectOpenPGP(ctx context.Context, r Release, o OpenPGP) (found []store.Signature, failed []error) {
	own, _ := configmap.FindVerification(r.Files) // one that cannot be read names no stores
	s := search{options: o, want: r.Covered()}
	s.stores(ctx, own, nil)
	for _, place := range s.places {
		for signature, err := range place.Signatures(ctx, s.want) {
			same := func(other store.Signature) bool { return bytes.Equal(other.Data, signature.Data) }
			switch {
			case err != nil:
				failed = append(failed, err)
			case !slices.ContainsFunc(found, same):
				found = append(found, signature)
			}
		}
	}
	return found, append(failed, s.absent...)
}
