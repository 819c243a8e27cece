package plugin

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/store"
)

// trustFlags say which keys to trust and where to look for signatures.
type trustFlags struct {
	keyrings, keys, signatures []string
	cluster                    bool
}

func (t *trustFlags) add(cmd *cobra.Command) {
	t.addStores(cmd)
	flags := cmd.Flags()
	group(flags, trustGroup, func() {
		flags.StringSliceVar(&t.keyrings, "keyring", nil, "File or ConfigMap with the only OpenPGP keys to trust, or a directory of such files, where each file needs a signature by one of its keys")
		flags.StringSliceVar(&t.keys, "key", nil, "File with the only public key to trust for sigstore signatures; with several files, one key is enough")
		flags.BoolVar(&t.cluster, "trust-cluster", false, "Trust the keys of the release that the connected cluster runs")
	})
}

// addStores adds only the flag for places of signatures, for a command that verifies nothing.
func (t *trustFlags) addStores(cmd *cobra.Command) {
	group(cmd.Flags(), trustGroup, func() {
		cmd.Flags().StringSliceVar(&t.signatures, "signature", nil, "Where to look for signatures first: a directory, file, ConfigMap or https URL. If flags name a cluster, its ConfigMaps and signature stores are searched too")
	})
}

// trustRequest holds the keys to trust and the places of signatures.
type trustRequest struct {
	openPGP  trust.OpenPGP
	sigstore trust.Sigstore
	cluster  bool // also look in the connected cluster
}

// complete reads the keys and opens the places of signatures. It contacts no server.
func (t *trustFlags) complete(f *factory) (trustRequest, error) {
	r := trustRequest{cluster: t.cluster || f.flags.cluster.given()}
	r.openPGP.TrustCluster, r.openPGP.Now = t.cluster, time.Now()
	var err error
	if r.openPGP.Keyrings, err = trust.ReadKeyrings(t.keyrings...); err != nil {
		return r, fmt.Errorf("--keyring: %w", err)
	}
	if r.sigstore.Keys, err = trust.ReadKeys(t.keys...); err != nil {
		return r, fmt.Errorf("--key: %w", err)
	}
	web := store.NewWeb(store.WebOptions{Getenv: f.Getenv, CAFile: f.flags.registry.caFile, UserAgent: userAgent()})
	if err := web.CheckFiles(); err != nil {
		return r, err
	}
	if !f.flags.cache.offline {
		r.openPGP.Web = web
	}
	for _, place := range t.signatures {
		if f.flags.cache.offline && strings.Contains(place, "://") {
			return r, fault.Errorf(fault.Usage, "--signature %s: --offline was given, so no server is asked", place)
		}
		opened, err := store.Open(place, web)
		if err != nil {
			return r, fmt.Errorf("--signature: %w", err)
		}
		r.openPGP.Stores = append(r.openPGP.Stores, opened)
	}
	if t.cluster {
		if _, err := f.flags.cluster.config(); err != nil {
			return r, fmt.Errorf("--trust-cluster: %w", err)
		}
	}
	return r, nil
}
