package trust

import (
	"bytes"
	"context"
	"slices"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/configmap"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/openpgp"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/store"
)

// search looks through stores until every keyring has a valid signature.
type search struct {
	options OpenPGP
	want    digest.Digest

	stores   []store.Store
	unopened []error // why other stores could not be opened

	// By keyring.
	signed  []openpgp.Signed
	where   []string   // of the valid signature; empty as long as there is none
	refused [][]string // why signatures do not count

	failed []error // because of which a signature may have been missed
}

// addStores adds the stores to search: those that the user named, the cluster and the stores that its administrator chose.
// If the administrator chose none, it adds those that the release of the trusted cluster names, then those of own.
func (s *search) addStores(ctx context.Context, own, running *configmap.Verification) {
	s.stores = append(s.stores, s.options.Stores...)
	if s.options.Cluster != nil {
		s.stores = append(s.stores, *s.options.Cluster)
		chosen, failed, err := s.options.Cluster.Stores(ctx, s.options.Web)
		s.stores = append(s.stores, chosen...)
		s.unopened = append(s.unopened, failed...)
		if err != nil {
			s.unopened = append(s.unopened, err)
		}
		if len(chosen)+len(failed) > 0 {
			return
		}
	}
	if running != nil {
		s.addAddresses("the cluster's", running.Stores, (*store.Web).Store)
	}
	if own != nil {
		s.addAddresses("the release's", own.Stores, (*store.Web).UntrustedStore)
	}
}

// addAddresses opens stores with a function for the source of their addresses.
func (s *search) addAddresses(whose string, addresses []string, open func(*store.Web, string) (store.Store, error)) {
	for _, address := range addresses {
		if s.options.Web == nil {
			s.unopened = append(s.unopened, fault.Errorf(fault.Network, "%s store %.200q was not asked: that needs the network", whose, address))
			continue
		}
		place, err := open(s.options.Web, address)
		if err != nil {
			s.unopened = append(s.unopened, err)
			continue
		}
		s.stores = append(s.stores, place)
	}
}

func (s *search) run(ctx context.Context, keyrings []openpgp.Keyring) {
	s.signed = make([]openpgp.Signed, len(keyrings))
	s.where = make([]string, len(keyrings))
	s.refused = make([][]string, len(keyrings))
	var verifiers []*openpgp.Verifier
	for _, keyring := range keyrings {
		verifiers = append(verifiers, keyring.At(s.options.Now))
	}
	missing := len(keyrings)
	for _, place := range s.stores {
		for signature, err := range place.Signatures(ctx, s.want) {
			if err != nil {
				s.addError(err)
				continue
			}
			for i, verifier := range verifiers {
				if s.where[i] != "" {
					continue
				}
				signed, err := verifier.Verify(signature.Data, s.want)
				if err != nil {
					s.refused[i] = append(s.refused[i], signature.Where+": "+err.Error())
					continue
				}
				s.signed[i], s.where[i] = signed, signature.Where
				missing--
			}
			if missing == 0 {
				return
			}
		}
	}
	s.failed = append(s.failed, s.unopened...)
}

// addError records an error of a store: a signature may have been missed, or one cannot be read.
func (s *search) addError(err error) {
	if !isUndecided(err) {
		for i := range s.refused {
			s.refused[i] = append(s.refused[i], err.Error())
		}
		return
	}
	s.failed = append(s.failed, err)
}

// CollectOpenPGP returns all signatures of a release in its own stores and those of o, each once and not verified, to verify
// them later. The keys in o do not matter. failed says which stores could not be searched.
func CollectOpenPGP(ctx context.Context, r Release, o OpenPGP) (found []store.Signature, failed []error) {
	own, _ := configmap.FindVerification(r.Files) // one that cannot be read names no stores
	s := search{options: o, want: r.Covered()}
	s.addStores(ctx, own, nil)
	for _, place := range s.stores {
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
	return found, append(failed, s.unopened...)
}
