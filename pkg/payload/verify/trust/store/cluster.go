package store

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/url"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/configmap"
)

// Objects reads a cluster's objects by absolute path, as the API server's JSON. Its errors have a kind: fault.NotFound for
// an object that does not exist.
type Objects interface {
	Get(ctx context.Context, path string, query url.Values) ([]byte, error)
}

// Cluster is the store of a connected cluster: its ConfigMaps with signatures.
type Cluster struct{ Objects Objects }

// String names the store.
func (Cluster) String() string { return "the connected cluster" }

// Signatures yields those of the labelled ConfigMaps.
func (c Cluster) Signatures(ctx context.Context, d digest.Digest) iter.Seq2[Signature, error] {
	return func(yield func(Signature, error) bool) {
		maps, err := c.list(ctx, url.Values{"labelSelector": {configmap.SignatureLabel + "="}})
		if err != nil {
			yield(Signature{}, fmt.Errorf("reading signatures from the cluster: %w", err))
			return
		}
		for signature, err := range (ConfigMaps{Name: c.String(), Maps: maps}).Signatures(ctx, d) {
			if !yield(signature, err) {
				return
			}
		}
	}
}

// Verification reads the keys and stores of the release that the cluster runs. A cluster without them is fault.NotFound.
func (c Cluster) Verification(ctx context.Context) (*configmap.Verification, error) {
	maps, err := c.list(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("reading the cluster's keys: %w", err)
	}
	for _, m := range maps {
		if m.IsVerification() {
			return m.Verification()
		}
	}
	return nil, fault.Errorf(fault.NotFound, "the cluster has no ConfigMap in %s with the annotation %s", configmap.Namespace, configmap.VerificationAnnotation)
}

func (c Cluster) list(ctx context.Context, query url.Values) ([]configmap.ConfigMap, error) {
	data, err := c.Objects.Get(ctx, "/api/v1/namespaces/"+configmap.Namespace+"/configmaps", query)
	if err != nil {
		return nil, err
	}
	maps, err := configmap.ParseList(data)
	if err != nil {
		return nil, fault.Errorf(fault.Network, "the API server's list of ConfigMaps: %w", err)
	}
	return maps, nil
}

// Where the API server has the ClusterVersion and the CA certificates of its stores (openshift/api,
// config/v1/types_cluster_version.go).
const (
	versionPath      = "/apis/config.openshift.io/v1/clusterversions/version"
	certificatesPath = "/api/v1/namespaces/openshift-config/configmaps/"
	certificatesKey  = "ca.crt"
)

// maxStores is how many stores a ClusterVersion may name (MaxItems in the same file).
const maxStores = 32

// clusterVersion has the fields of a ClusterVersion that matter here.
type clusterVersion struct {
	Spec struct {
		SignatureStores []struct {
			URL string `json:"url"`
			CA  struct {
				Name string `json:"name"`
			} `json:"ca"`
		} `json:"signatureStores"`
	} `json:"spec"`
}

// Stores opens the stores in the ClusterVersion's spec.signatureStores, which replace those that releases name. Each is used
// with the CA certificates that it names. failed says which stores cannot be used; err means that the list cannot be read.
// A server without a ClusterVersion names none.
func (c Cluster) Stores(ctx context.Context, web *Web) (stores []Store, failed []error, err error) {
	var version clusterVersion
	data, err := c.Objects.Get(ctx, versionPath, nil)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return nil, nil, nil
	case err == nil && json.Unmarshal(data, &version) != nil:
		err = fault.Errorf(fault.Network, "what the API server sends is not a ClusterVersion")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading which stores of signatures the cluster names: %w", err)
	}
	list := version.Spec.SignatureStores
	if len(list) > maxStores {
		failed = append(failed, fault.Errorf(fault.Network, "the cluster names %d stores of signatures, and only the first %d are asked", len(list), maxStores))
		list = list[:maxStores]
	}
	for _, s := range list {
		opened, err := c.open(ctx, web, s.URL, s.CA.Name)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		stores = append(stores, opened)
	}
	return stores, failed, nil
}

// open opens one store. Like the cluster, it does not use a store whose CA certificates cannot be read.
func (c Cluster) open(ctx context.Context, web *Web, address, certificates string) (Store, error) {
	unusable := func(err error) error {
		kind := fault.KindOf(err)
		if kind != fault.Auth {
			kind = fault.Network // it may have a signature that is missed
		}
		return fault.Errorf(kind, "the cluster's store of signatures %.200q is not asked: %w", hideSecrets(address), err)
	}
	if web == nil {
		return nil, unusable(errors.New("that needs the network"))
	}
	if certificates != "" {
		pem, err := c.certificates(ctx, certificates)
		if err == nil {
			web, err = web.trusting(pem)
		}
		if err != nil {
			return nil, unusable(fmt.Errorf("its ConfigMap openshift-config/%s: %w", certificates, err))
		}
	}
	opened, err := web.Store(address)
	if err != nil {
		return nil, fault.Errorf(fault.Network, "the cluster names a store that cannot be asked: %w", err)
	}
	return opened, nil
}

// certificates reads the CA certificates of a ConfigMap.
func (c Cluster) certificates(ctx context.Context, name string) ([]byte, error) {
	data, err := c.Objects.Get(ctx, certificatesPath+name, nil)
	if err != nil {
		return nil, err
	}
	var m struct {
		Data map[string]string `json:"data"`
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, errors.New("it is not a ConfigMap")
	}
	pem, ok := m.Data[certificatesKey]
	if !ok {
		return nil, errors.New("it has no " + certificatesKey)
	}
	return []byte(pem), nil
}

// trusting returns a Web like w that accepts more CA certificates.
func (w *Web) trusting(pem []byte) (*Web, error) {
	if !x509.NewCertPool().AppendCertsFromPEM(pem) {
		return nil, errors.New("there is no PEM certificate in its " + certificatesKey)
	}
	o := w.options
	o.certificates = pem
	return NewWeb(o), nil
}
