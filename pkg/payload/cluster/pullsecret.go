package cluster

import (
	"context"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// PullSecret reads what the cluster pulls images with: a file of credentials, as podman and docker keep them. from says
// in an error where they came from, and holds nothing of them.
func (c *Cluster) PullSecret(ctx context.Context) (data []byte, from string, err error) {
	const key = ".dockerconfigjson"
	secret := object{plural: "secrets", namespace: "openshift-config", object: "pull-secret"}
	var read struct {
		Data map[string][]byte `json:"data"`
	}
	api, err := c.get(ctx, secret, &read)
	if err != nil {
		return nil, "", err
	}
	if len(read.Data[key]) == 0 {
		return nil, "", fault.Errorf(fault.NotFound, "the pull secret of the cluster at %s, %s, has no %s", api.host, secret, key)
	}
	return read.Data[key], "the pull secret of the cluster at " + api.host, nil
}
