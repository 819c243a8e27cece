package trust

import (
	"context"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/configmap"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/openpgp"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/store"
)

// search goes through stores until every keyring is satisfied.
type search struct {
	options OpenPGP
	want    digest.Digest

	places  []store.Store
	absent  []error // stores that could not even be opened
	signed  []openpgp.Signed
	where   []string // empty: not satisfied
	refused [][]string
	failed  []error // something may have been missed
}

// stores collects where to look: what the user named, the cluster and the stores that its administrator chose; where
// nobody chose any, those that the release of a trusted cluster names, then those of the release itself.
func (s *search) stores(ctx context.Context, own, running *configmap.Verification) {
	s.places = append(s.places, s.options.Stores...)
	if s.options.Cluster != nil {
		s.places = append(s.places, *s.options.Cluster)
		chosen, failed, err := s.options.Cluster.Stores(ctx, s.options.Web)
		s.places = append(s.places, chosen...)
		s.absent = append(s.absent, failed...)
		if err != nil {
			s.absent = append(s.absent, err)
		}
		if len(chosen)+len(failed) > 0 {
			return
		}
	}
	if running != nil {
		s.named("the cluster's", running.Stores, (*store.Web).Store)
	}
	if own != nil {
		s.named("the release's", own.Stores, (*store.Web).Named)
	}
}

// named adds stores by their addresses, opened as far as whoever names them is trusted.
func (s *search) named(whose string, addresses []string, open func(*store.Web, string) (store.Store, error)) {
	for _, address := range addresses {
		if s.options.Web == nil {
			s.absent = append(s.absent, fault.Errorf(fault.Network, "%s store %.200q was not asked: that needs the network", whose, address))
			continue
		}
		place, err := open(s.options.Web, address)
		if err != nil {
			s.absent = append(s.absent, err)
			continue
		}
		s.places = append(s.places, place)
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
	for _, place := range s.places {
		for signature, err := range place.Signatures(ctx, s.want) {
			if err != nil {
				s.note(err)
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
	s.failed = append(s.failed, s.absent...)
}

// note keeps an error of a store: it may have what was not seen, or what was seen cannot be read.
func (s *search) note(err error) {
	if !undecided(err) {
		for i := range s.refused {
			s.refused[i] = append(s.refused[i], err.Error())
		}
		return
	}
	s.failed = append(s.failed, err)
}
