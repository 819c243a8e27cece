package plugin

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
	"github.com/release-x/oc-release-x/pkg/payload/trust"
	"github.com/release-x/oc-release-x/pkg/payload/trust/store"
)

// trustFlags say whose signatures count, and where to look for them.
type trustFlags struct {
	keyrings, keys, signatures []string
	cluster                    bool
}

func (t *trustFlags) add(cmd *cobra.Command) {
	t.addPlaces(cmd)
	flags := cmd.Flags()
	flags.StringSliceVar(&t.keyrings, "keyring", nil, "File with OpenPGP keys to trust, a ConfigMap with them, or a folder of which every file has to be satisfied; nobody else is then trusted")
	flags.StringSliceVar(&t.keys, "key", nil, "File with a public key to trust for sigstore signatures; nobody else is then trusted")
	flags.BoolVar(&t.cluster, "trust-cluster", false, "Trust the keys of the release that the connected cluster runs")
}

// addPlaces adds the flags that say where to look, for a command that verifies nothing.
func (t *trustFlags) addPlaces(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&t.signatures, "signature", nil, "Where to look for signatures first: a folder, a file, a ConfigMap or an https address; a cluster that is named, and the stores of its ClusterVersion, are asked too")
}

// trusted is what the flags say, read.
type trusted struct {
	openPGP  trust.OpenPGP
	sigstore trust.Sigstore
}

// read opens keys and places before anything is fetched.
func (t *trustFlags) read(f *factory) (trusted, error) {
	keyrings, err := trust.ReadKeyrings(t.keyrings...)
	if err != nil {
		return trusted{}, err
	}
	keys, err := trust.ReadKeys(t.keys...)
	if err != nil {
		return trusted{}, err
	}
	r := trusted{
		openPGP:  trust.OpenPGP{Keyrings: keyrings, TrustCluster: t.cluster, Now: time.Now()},
		sigstore: trust.Sigstore{Keys: keys},
	}
	authorities, err := registry.TLS(f.global.registry.caFile)
	if err != nil {
		return trusted{}, err
	}
	web := store.NewWeb(store.WebOptions{
		Proxy: registry.Proxy(f.Getenv), TLS: authorities, UserAgent: "oc-release-x/" + buildVersion().Version,
	})
	if !f.global.cache.offline {
		r.openPGP.Web = web
	}
	for _, place := range t.signatures {
		if f.global.cache.offline && strings.Contains(place, "://") {
			return trusted{}, fault.Errorf(fault.Usage, "--signature %s: --offline was given, so no server is asked", place)
		}
		opened, err := store.Open(place, web)
		if err != nil {
			return trusted{}, err
		}
		r.openPGP.Stores = append(r.openPGP.Stores, opened)
	}
	if t.cluster {
		if _, err := f.global.cluster.config(f.Environment); err != nil {
			return trusted{}, fmt.Errorf("--trust-cluster: %w", err)
		}
	}
	if t.cluster || f.global.cluster.given() {
		r.openPGP.Cluster = &store.Cluster{Objects: f.cluster}
	}
	return r, nil
}
