package store

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// The API server has these by these paths (openshift/api, config/v1/types_cluster_version.go).
const (
	versionPath   = "/apis/config.openshift.io/v1/clusterversions/version"
	authorityPath = "/api/v1/namespaces/openshift-config/configmaps/"
	authorityKey  = "ca.crt"
)

// mostStores is how many of a ClusterVersion's stores are asked: as many as the API lets it name (MaxItems, in that file).
const mostStores = 32

// named is what is read of a ClusterVersion.
type named struct {
	Spec struct {
		SignatureStores []struct {
			URL string `json:"url"`
			CA  struct {
				Name string `json:"name"`
			} `json:"ca"`
		} `json:"signatureStores"`
	} `json:"spec"`
}

// Stores are those that the cluster's administrator wrote into spec.signatureStores, each asked with the authorities
// that it names: they stand in place of the stores that releases name. failed has those that cannot be asked, with err
// it is not known whether there are any. A server without a ClusterVersion names none.
func (c Cluster) Stores(ctx context.Context, web *Web) (stores []Store, failed []error, err error) {
	var version named
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
	if len(list) > mostStores {
		failed = append(failed, fault.Errorf(fault.Network, "the cluster names %d stores of signatures, and only the first %d are asked", len(list), mostStores))
		list = list[:mostStores]
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

// open opens one store. Without its authorities it is not asked, as in the cluster.
func (c Cluster) open(ctx context.Context, web *Web, address, authorities string) (Store, error) {
	problem := func(err error) error {
		kind := fault.KindOf(err)
		if kind != fault.Auth {
			kind = fault.Network // there may be a signature that was not seen
		}
		return fault.Errorf(kind, "the cluster's store of signatures %.200q is not asked: %w", shown(address), err)
	}
	if web == nil {
		return nil, problem(errors.New("that needs the network"))
	}
	if authorities != "" {
		pem, err := c.authorities(ctx, authorities)
		if err == nil {
			web, err = web.trusting(pem)
		}
		if err != nil {
			return nil, problem(fmt.Errorf("its ConfigMap openshift-config/%s: %w", authorities, err))
		}
	}
	opened, err := web.Store(address)
	if err != nil {
		return nil, fault.Errorf(fault.Network, "the cluster names a store that cannot be asked: %w", err)
	}
	return opened, nil
}

// authorities reads the certificates of a ConfigMap.
func (c Cluster) authorities(ctx context.Context, name string) ([]byte, error) {
	data, err := c.Objects.Get(ctx, authorityPath+name, nil)
	if err != nil {
		return nil, err
	}
	var m struct {
		Data map[string]string `json:"data"`
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, errors.New("it is not a ConfigMap")
	}
	pem, ok := m.Data[authorityKey]
	if !ok {
		return nil, errors.New("it has no " + authorityKey)
	}
	return []byte(pem), nil
}

// trusting is this Web with more authorities.
func (w *Web) trusting(pem []byte) (*Web, error) {
	o := w.options
	if o.TLS == nil {
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	o.TLS = o.TLS.Clone()
	if o.TLS.RootCAs == nil {
		o.TLS.RootCAs = systemPool()
	} else {
		o.TLS.RootCAs = o.TLS.RootCAs.Clone()
	}
	if !o.TLS.RootCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New("there is not PEM certificate in its " + authorityKey)
	}
	return NewWeb(o), nil
}

// systemPool is the system's authorities, none where it has no list.
func systemPool() *x509.CertPool {
	pool, err := x509.SystemCertPool()
	if err != nil {
		return x509.NewCertPool()
	}
	return pool
}
