package testrelease

import (
	"fmt"

	"github.com/opencontainers/go-digest"
)

// The media types of a release.
const (
	MediaTypeOCIIndex       = "application/vnd.oci.image.index.v1+json"
	MediaTypeOCIManifest    = "application/vnd.oci.image.manifest.v1+json"
	MediaTypeOCIConfig      = "application/vnd.oci.image.config.v1+json"
	MediaTypeOCILayer       = "application/vnd.oci.image.layer.v1.tar"
	MediaTypeDockerList     = "application/vnd.docker.distribution.manifest.list.v2+json"
	MediaTypeDockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
	MediaTypeDockerConfig   = "application/vnd.docker.container.image.v1+json"
	MediaTypeDockerLayer    = "application/vnd.docker.image.rootfs.diff.tar"
)

// Descriptor describes a blob or manifest.
type Descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      digest.Digest     `json:"digest"`
	Size        int64             `json:"size"`
	URLs        []string          `json:"urls,omitempty"`
	Platform    *Platform         `json:"platform,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// Platform is the platform of an image in a manifest list.
type Platform struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
	Variant      string `json:"variant,omitempty"`
}

// Release is a release that Build made.
type Release struct {
	Version string
	Images  []ArchImage // one for each architecture

	root  Descriptor
	list  digest.Digest
	blobs map[digest.Digest][]byte
	order []digest.Digest // children before parents
}

// ArchImage is one image of a release.
type ArchImage struct {
	Architecture string
	Manifest     Descriptor
	Config       Descriptor
	Layers       []Descriptor
	DiffIDs      []digest.Digest
	tars         [][]byte
}

// Digest is the digest of the first image's manifest.
func (r *Release) Digest() digest.Digest { return r.Images[0].Manifest.Digest }

// ListDigest is the digest of the manifest list, empty without a list.
func (r *Release) ListDigest() digest.Digest { return r.list }

// Root is the descriptor of the manifest list, or of the only image.
func (r *Release) Root() Descriptor { return r.root }

// Blob returns the data that is stored under a digest.
func (r *Release) Blob(d digest.Digest) ([]byte, bool) {
	data, ok := r.blobs[d]
	return data, ok
}

// Architecture returns the image for an architecture.
func (r *Release) Architecture(arch string) (ArchImage, error) {
	for _, p := range r.Images {
		if p.Architecture == arch {
			return p, nil
		}
	}
	return ArchImage{}, fmt.Errorf("no image for %s", arch)
}

func (r *Release) store(d digest.Digest, data []byte) {
	if _, ok := r.blobs[d]; !ok {
		r.order = append(r.order, d)
	}
	r.blobs[d] = data
}
