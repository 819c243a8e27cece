package cluster

import (
	"context"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// FeatureGates are the feature set of a cluster and the gates that it enables.
type FeatureGates struct {
	FeatureSet string   // empty is Default
	Custom     []string // what the set CustomNoUpgrade enables beyond the defaults

	enabled map[string][]string // by version
}

// Enabled are the gates that the cluster enables for a version of its release; false when it does not say, as for a
// version that it does not run.
func (g *FeatureGates) Enabled(version string) ([]string, bool) {
	names, ok := g.enabled[version]
	return names, ok
}

// featureGate is what is read of a FeatureGate (openshift/api, config/v1/types_feature.go).
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

// FeatureGates reads the FeatureGate of the cluster. A cluster without one has the Default set and says no more.
func (c *Cluster) FeatureGates(ctx context.Context) (*FeatureGates, error) {
	var read featureGate
	_, err := c.get(ctx, object{group: "config.openshift.io", plural: "featuregates", object: "cluster"}, &read)
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
