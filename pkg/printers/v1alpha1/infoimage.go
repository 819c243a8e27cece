package v1alpha1

import (
	"encoding/json"

	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// InfoImage is the image of a component, as `oc adm release info --include-images -o json` has it.
type InfoImage struct {
	Name          string          `json:"name"` // pull spec
	Digest        string          `json:"digest"`
	ContentDigest string          `json:"contentDigest"`
	ListDigest    string          `json:"listDigest"`
	MediaType     string          `json:"mediaType"`
	Layers        []InfoLayer     `json:"layers"` // the lowest first
	Config        json.RawMessage `json:"config"`
}

// InfoLayer is a layer of an image.
type InfoLayer struct {
	MediaType   string            `json:"mediaType,omitempty"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	URLs        []string          `json:"urls,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// SetContents fills in the layers of an image, and its configuration as it is in the image.
func (i *InfoImage) SetContents(layers []oci.Descriptor, config json.RawMessage) error {
	size := int64(0)
	i.Layers = make([]InfoLayer, 0, len(layers))
	for _, l := range layers {
		size += l.Size
		i.Layers = append(i.Layers, InfoLayer{l.MediaType, l.Digest.String(), l.Size, l.URLs, l.Annotations})
	}
	var err error
	i.Config, err = withDefaults(config, configDefaults(size))
	return err
}
