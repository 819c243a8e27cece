package cluster

import (
	"context"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// Operator is how the cluster version operator of a cluster was started.
type Operator struct {
	Profile           string // CLUSTER_PROFILE; empty is the default one
	ExcludeIdentifier string // EXCLUDE_MANIFESTS
}

// Infrastructure is what a cluster runs on.
type Infrastructure struct {
	Platform             string // such as AWS; None for a cluster without one
	ControlPlaneTopology string // such as HighlyAvailable
}

// Hosted says whether the control plane lies in another cluster.
func (i Infrastructure) Hosted() bool { return i.ControlPlaneTopology == "External" }

// Infrastructure reads the Infrastructure of the cluster.
func (c *Cluster) Infrastructure(ctx context.Context) (Infrastructure, error) {
	var read struct {
		Status struct {
			Platform       string `json:"platform"` // what PlatformStatus replaced
			PlatformStatus struct {
				Type string `json:"type"`
			} `json:"platformStatus"`
			ControlPlaneTopology string `json:"controlPlaneTopology"`
		} `json:"status"`
	}
	if _, err := c.get(ctx, object{group: "config.openshift.io", plural: "infrastructures", object: "cluster"}, &read); err != nil {
		return Infrastructure{}, err
	}
	i := Infrastructure{Platform: read.Status.PlatformStatus.Type, ControlPlaneTopology: read.Status.ControlPlaneTopology}
	if i.Platform == "" {
		i.Platform = read.Status.Platform
	}
	return i, nil
}

// deployment is what is read of a Deployment.
type deployment struct {
	Spec struct {
		Template struct {
			Spec struct {
				Containers []struct {
					Name string `json:"name"`
					Env  []struct {
						Name  string `json:"name"`
						Value string `json:"value"`
					} `json:"env"`
				} `json:"containers"`
			} `json:"spec"`
		} `json:"template"`
	} `json:"spec"`
}

// Operator reads the Deployment of the cluster version operator. A hosted cluster has none: its operator runs beside
// its control plane, always with the profile ibm-cloud-managed (hypershift, control-plane-operator,
// v2/assets/cluster-version-operator/deployment.yaml).
func (c *Cluster) Operator(ctx context.Context) (Operator, error) {
	const name = "cluster-version-operator"
	var read deployment
	_, err := c.get(ctx, object{group: "apps", plural: "deployments", namespace: "openshift-cluster-version", object: name}, &read)
	if fault.KindOf(err) == fault.NotFound {
		if infrastructure, err := c.Infrastructure(ctx); err == nil && infrastructure.Hosted() {
			return Operator{Profile: "ibm-cloud-managed"}, nil
		}
	}
	if err != nil {
		return Operator{}, err
	}
	var operator Operator
	for _, container := range read.Spec.Template.Spec.Containers {
		if container.Name != name {
			continue
		}
		for _, variable := range container.Env {
			switch variable.Name {
			case "CLUSTER_PROFILE":
				operator.Profile = variable.Value
			case "EXCLUDE_MANIFESTS":
				operator.ExcludeIdentifier = variable.Value
			}
		}
	}
	return operator, nil
}
