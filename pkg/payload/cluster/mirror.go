package cluster

import (
	"context"
	"encoding/json"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// list is a list of objects as an API server sends it.
type list struct {
	Items []map[string]json.RawMessage `json:"items"`
}

// MirrorSets returns the cluster's ImageDigestMirrorSets, ImageTagMirrorSets and ImageContentSourcePolicies in the JSON of one
// list, nil if it has none.
func (c *Cluster) MirrorSets(ctx context.Context) ([]byte, error) {
	var all list
	for _, kind := range []struct {
		object
		name string
	}{
		{object{group: "config.openshift.io", plural: "imagedigestmirrorsets"}, "ImageDigestMirrorSet"},
		{object{group: "config.openshift.io", plural: "imagetagmirrorsets"}, "ImageTagMirrorSet"},
		{object{group: "operator.openshift.io", version: "v1alpha1", plural: "imagecontentsourcepolicies"}, "ImageContentSourcePolicy"},
	} {
		var found list
		if err := c.getList(ctx, kind.object, &found); err != nil {
			return nil, err
		}
		for _, item := range found.Items {
			// Servers may leave out the type of the items of a list.
			item["kind"], item["apiVersion"] = json.RawMessage(`"`+kind.name+`"`), json.RawMessage(`"`+kind.apiVersion()+`"`)
			all.Items = append(all.Items, item)
		}
	}
	if len(all.Items) == 0 {
		return nil, nil
	}
	return json.Marshal(all)
}

// ImagePolicy is a ClusterImagePolicy: images in its scopes need signatures.
type ImagePolicy struct {
	Name   string
	Scopes []string
}

// ImagePolicies returns the ClusterImagePolicies of the cluster.
func (c *Cluster) ImagePolicies(ctx context.Context) (policies []ImagePolicy, err error) {
	var found struct {
		Items []struct {
			Metadata struct {
				Name string `json:"name"`
			} `json:"metadata"`
			Spec struct {
				Scopes []string `json:"scopes"`
			} `json:"spec"`
		} `json:"items"`
	}
	if err := c.getList(ctx, object{group: "config.openshift.io", plural: "clusterimagepolicies"}, &found); err != nil {
		return nil, err
	}
	for _, item := range found.Items {
		policies = append(policies, ImagePolicy{Name: item.Metadata.Name, Scopes: item.Spec.Scopes})
	}
	return policies, nil
}

// getList is get, and reads nothing if the cluster does not know the kind: older ones do not.
func (c *Cluster) getList(ctx context.Context, o object, into any) error {
	_, err := c.get(ctx, o, into)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}
