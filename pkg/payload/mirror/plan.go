package mirror

import (
	"cmp"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Plan is what a copy moves, and in which order.
type Plan struct {
	Images []Image // as they were given to NewPlan
	// Blobs are the blobs to move, each once, the biggest first.
	Blobs []Blob
	// Stages are the manifests to push. Those of one stage do not need each other; they need those of earlier stages.
	Stages [][]Push
}

// Blob is a blob that at least one image needs.
type Blob struct {
	oci.Descriptor
	From []oci.Repository // where it can be read, in the order of the images
	To   []oci.Repository // where it has to be
}

// Push is a manifest to push.
type Push struct {
	Manifest
	Target oci.PullSpec // by tag, or by digest for a manifest that only a list names
	Kind   Kind
	Source oci.PullSpec    // by digest: the image that the manifest belongs to
	Signs  oci.Digest      // as in Image
	Found  *oci.Descriptor // what Target names, with an empty digest for nothing; nil if it was not asked for
}

// isImage reports whether the push is that of an image by its tag, and not of a signature or a part of a list.
func (p Push) isImage() bool {
	return p.Target.Tag != "" && (p.Kind == KindComponent || p.Kind == KindRelease)
}

// Size is the number of bytes of all blobs together.
func (p *Plan) Size() int64 {
	var size int64
	for _, b := range p.Blobs {
		size += b.Size
	}
	return size
}

// Pushes are all manifests, in the order of their stages.
func (p *Plan) Pushes() []Push { return slices.Concat(p.Stages...) }

// NewPlan plans the copy of images. Two images that want the same tag are fault.Usage; a blob that manifests describe with
// two sizes is fault.Integrity.
func NewPlan(images []Image) (*Plan, error) {
	p := &Plan{Images: images}
	if err := p.addBlobs(); err != nil {
		return nil, err
	}
	return p, p.addPushes()
}

func (p *Plan) addBlobs() error {
	index := map[oci.Digest]int{}
	for _, image := range p.Images {
		for _, m := range image.Manifests {
			for _, d := range m.Blobs {
				i, known := index[d.Digest]
				if !known {
					i = len(p.Blobs)
					index[d.Digest] = i
					p.Blobs = append(p.Blobs, Blob{Descriptor: d})
				}
				b := &p.Blobs[i]
				if b.Size != d.Size {
					return fault.Errorf(fault.Integrity, "%s says that the blob %s has %d bytes, another manifest says %d", image.Source, d.Digest, d.Size, b.Size)
				}
				b.From = appendNew(b.From, image.Source.Repository)
				for _, to := range image.repositories() {
					b.To = appendNew(b.To, to)
				}
			}
		}
	}
	slices.SortFunc(p.Blobs, func(a, b Blob) int {
		return cmp.Or(cmp.Compare(b.Size, a.Size), cmp.Compare(a.Digest, b.Digest))
	})
	return nil
}

func (p *Plan) addPushes() error {
	type place struct{ stage, index int }
	pushed := map[string]place{} // by target
	for _, image := range p.Images {
		stages := stagesOf(image)
		for i, m := range image.Manifests {
			targets := image.Target
			if i < len(image.Manifests)-1 {
				targets = nil
				for _, to := range image.repositories() {
					targets = append(targets, to.Digest(m.Digest))
				}
			}
			for _, t := range targets {
				at, known := pushed[t.String()]
				if known && p.Stages[at.stage][at.index].Digest != m.Digest {
					other := p.Stages[at.stage][at.index]
					return fault.Errorf(fault.Usage, "%s and %s would both become %s: mirror them to different repositories", other.Source, image.Source, t)
				}
				if known {
					continue
				}
				for len(p.Stages) <= stages[i] {
					p.Stages = append(p.Stages, nil)
				}
				pushed[t.String()] = place{stages[i], len(p.Stages[stages[i]])}
				push := Push{Manifest: m, Target: t, Kind: image.Kind, Source: image.Source, Signs: image.Signs}
				if found, asked := image.Found[t]; asked {
					push.Found = &found
				}
				p.Stages[stages[i]] = append(p.Stages[stages[i]], push)
			}
		}
	}
	p.dropDoubles()
	p.Stages = slices.DeleteFunc(p.Stages, func(s []Push) bool { return len(s) == 0 })
	for _, stage := range p.Stages {
		slices.SortStableFunc(stage, func(a, b Push) int { return strings.Compare(a.Target.String(), b.Target.String()) })
	}
	return nil
}

// dropDoubles removes pushes by digest of manifests that the same or an earlier stage pushes by tag.
func (p *Plan) dropDoubles() {
	tagged := map[oci.PullSpec]bool{} // by digest
	for i, stage := range p.Stages {
		for _, push := range stage {
			if push.Target.Tag != "" {
				tagged[push.Target.Repository.Digest(push.Digest)] = true
			}
		}
		p.Stages[i] = slices.DeleteFunc(stage, func(push Push) bool { return push.Target.Tag == "" && tagged[push.Target] })
	}
}

// stagesPerKind is more than the stages that one image needs, which has lists nested three deep at most.
const stagesPerKind = 8

// stagesOf are the stages of an image's manifests: after those that they name. The children of a release come before the
// signatures, so that only the release itself is the last.
func stagesOf(image Image) []int {
	height := map[oci.Digest]int{}
	stages := make([]int, len(image.Manifests))
	for i, m := range image.Manifests {
		h := 0
		for _, child := range m.Children {
			h = max(h, height[child]+1)
		}
		height[m.Digest] = h
		kind := image.Kind
		if kind == KindRelease && i < len(image.Manifests)-1 {
			kind = KindComponent
		}
		stages[i] = int(kind)*stagesPerKind + h
	}
	return stages
}

func appendNew[T comparable](list []T, v T) []T {
	if slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}
