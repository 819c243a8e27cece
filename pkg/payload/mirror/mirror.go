// Package mirror copies releases with their images and signatures from registries to a registry. NewPlan decides what goes
// where, in which order; a Copier carries the plan out. The target and the partial downloads are the only state, so a copy
// that was interrupted at any point continues with the next run.
package mirror

import (
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Kind is what an image is for.
type Kind int

// The kinds, in the order in which their manifests are pushed. So a release at the target is complete.
const (
	KindComponent Kind = iota
	KindComponentSignature
	KindReleaseSignature
	KindRelease
)

// Image is an image or a manifest list, with everything that it consists of, as it was read from its source.
type Image struct {
	Kind   Kind
	Source oci.PullSpec   // by digest
	Target []oci.PullSpec // by tag; those of a signature may be in several repositories
	Signs  oci.Digest     // of a signature: the image that it is for
	// Manifests are the image's own and, of a list, those of its children. Each comes after those that it names; the last is
	// that of Source.
	Manifests []Manifest
	// Found are what tags of Target name at the target, with an empty digest for those that it does not have. A tag that is
	// not in it was not asked for.
	Found map[oci.PullSpec]oci.Descriptor
}

// Manifest is a verified manifest.
type Manifest struct {
	oci.Descriptor                  // MediaType is never empty
	Body           []byte           // nil if the target has the image, so that nothing of it was read
	Blobs          []oci.Descriptor // the configuration and the layers that registries must have
	Children       []oci.Digest     // of a list
}

// Root is the manifest of Source.
func (i Image) Root() Manifest { return i.Manifests[len(i.Manifests)-1] }

// repositories are those of the targets, each once.
func (i Image) repositories() (list []oci.Repository) {
	for _, t := range i.Target {
		list = appendNew(list, t.Repository)
	}
	return list
}

// String is the kind in documents.
func (k Kind) String() string {
	switch k {
	case KindComponent:
		return "component"
	case KindRelease:
		return "release"
	}
	return "signature"
}

// Size is the number of bytes of the image's blobs, each counted once.
func (i Image) Size() int64 {
	var sum int64
	for _, size := range i.blobSizes() {
		sum += size
	}
	return sum
}

// blobSizes are the sizes of the image's blobs.
func (i Image) blobSizes() map[oci.Digest]int64 {
	sizes := map[oci.Digest]int64{}
	for _, m := range i.Manifests {
		for _, d := range m.Blobs {
			sizes[d.Digest] = d.Size
		}
	}
	return sizes
}
