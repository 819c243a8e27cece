package cluster

import (
	"context"
	"maps"
	"slices"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// AdminAcks returns the gates that the administrator of the cluster has acknowledged, sorted: the keys of the ConfigMap admin-acks
// whose value is true (cluster-version-operator, pkg/risk/adminack).
func (c *Cluster) AdminAcks(ctx context.Context) ([]string, error) {
	var read struct {
		Data map[string]string `json:"data"`
	}
	_, err := c.get(ctx, object{plural: "configmaps", namespace: "openshift-config", name: "admin-acks"}, &read)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return nil, err
	}
	maps.DeleteFunc(read.Data, func(_, value string) bool { return value != "true" })
	return slices.Sorted(maps.Keys(read.Data)), nil
}
