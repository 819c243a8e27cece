package cluster

import (
	"cmp"
	"context"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// FeatureGates has the feature set of a cluster and the gates that it enables.
type FeatureGates struct {
	FeatureSet string   // empty is Default
	Custom     []string // gates that the set CustomNoUpgrade enables beyond the defaults

	enabled map[string][]string // by version
}

// Enabled returns the gates that the cluster enables for a version. It is false for a version that the cluster does not run.
func (g *FeatureGates) Enabled(version string) ([]string, bool) {
	names, ok := g.enabled[version]
	return names, ok
}

// featureGate is the JSON of a FeatureGate (openshift/api, config/v1/types_feature.go).
type featureGate struct {
	Spec struct {
		FeatureSet string `json:"featureSet"`
		Custom     struct {
			Enabled []string `json:"enabled"`
		} `json:"customNoUpgrade"`
	} `json:"spec"`
	Status struct {
		FeatureGates []struct {
			Version string `json:"version"`
			Enabled []struct {
				Name string `json:"name"`
			} `json:"enabled"`
		} `json:"featureGates"`
	} `json:"status"`
}

// FeatureGates reads the FeatureGate of the cluster. A cluster without one has the Default set.
func (c *Cluster) FeatureGates(ctx context.Context) (*FeatureGates, error) {
	var read featureGate
	_, err := c.get(ctx, object{group: "config.openshift.io", plural: "featuregates", name: "cluster"}, &read)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return nil, err
	}
	gates := &FeatureGates{FeatureSet: read.Spec.FeatureSet, Custom: read.Spec.Custom.Enabled, enabled: map[string][]string{}}
	for _, version := range read.Status.FeatureGates {
		names := []string{}
		for _, gate := range version.Enabled {
			names = append(names, gate.Name)
		}
		gates.enabled[version.Version] = names
	}
	return gates, nil
}

// Operator has the settings with which the cluster version operator was started.
type Operator struct {
	Profile           string // CLUSTER_PROFILE; empty is the default one
	ExcludeIdentifier string // EXCLUDE_MANIFESTS
}

// Infrastructure says what a cluster runs on.
type Infrastructure struct {
	Platform             string // such as AWS; None if the cluster has none
	ControlPlaneTopology string // such as HighlyAvailable
}

// Hosted reports whether the control plane is in another cluster.
func (i Infrastructure) Hosted() bool { return i.ControlPlaneTopology == "External" }

// Infrastructure reads the Infrastructure of the cluster.
func (c *Cluster) Infrastructure(ctx context.Context) (Infrastructure, error) {
	var read struct {
		Status struct {
			Platform       string `json:"platform"` // deprecated for platformStatus
			PlatformStatus struct {
				Type string `json:"type"`
			} `json:"platformStatus"`
			ControlPlaneTopology string `json:"controlPlaneTopology"`
		} `json:"status"`
	}
	if _, err := c.get(ctx, object{group: "config.openshift.io", plural: "infrastructures", name: "cluster"}, &read); err != nil {
		return Infrastructure{}, err
	}
	return Infrastructure{
		Platform:             cmp.Or(read.Status.PlatformStatus.Type, read.Status.Platform),
		ControlPlaneTopology: read.Status.ControlPlaneTopology,
	}, nil
}

// deployment has the fields of a Deployment that matter here.
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

// Operator reads the Deployment of the cluster version operator. A hosted cluster has none: its operator is in the cluster
// with the control plane and always has the profile ibm-cloud-managed (hypershift, control-plane-operator,
// v2/assets/cluster-version-operator/deployment.yaml).
func (c *Cluster) Operator(ctx context.Context) (Operator, error) {
	const name = "cluster-version-operator"
	var read deployment
	_, err := c.get(ctx, object{group: "apps", plural: "deployments", namespace: "openshift-cluster-version", name: name}, &read)
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

// PullSecret reads the credentials with which the cluster pulls images, in the format of podman's and docker's files. from
// names their source for messages.
func (c *Cluster) PullSecret(ctx context.Context) (data []byte, from string, err error) {
	const key = ".dockerconfigjson"
	secret := object{plural: "secrets", namespace: "openshift-config", name: "pull-secret"}
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
