package store

import (
	"context"
	"fmt"
	"iter"
	"net/url"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/configmap"
)

// Objects reads a cluster's objects as the API server gives them: JSON of an absolute path. Its errors carry their kind,
// fault.NotFound for what is not there.
type Objects interface {
	Get(ctx context.Context, path string, query url.Values) ([]byte, error)
}

// Cluster is where a cluster keeps signatures.
type Cluster struct{ Objects Objects }

// String names it.
func (Cluster) String() string { return "the connected cluster" }

// Signatures lists the labelled ConfigMaps.
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

// Verification is what the running release says about whom to trust.
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
