package mirror

import (
	"sync"

	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// copied finds out when all blobs of an image are at the target.
type copied struct {
	meter   Meter
	waiting map[oci.Digest][]*waitingImage // by blob

	mu sync.Mutex
}

// waitingImage is an image that lacks blobs at the target.
type waitingImage struct {
	source oci.PullSpec
	blobs  int // that it lacks
}

// newCopied follows the images of missing manifests, each once for each of its tags. It reports those that lack none of the
// blobs at once.
func newCopied(p *Plan, missing [][]Push, blobs []Blob, meter Meter) *copied {
	c := &copied{meter: meter, waiting: map[oci.Digest][]*waitingImage{}}
	lacks := make(map[oci.Digest]bool, len(blobs))
	for _, b := range blobs {
		lacks[b.Digest] = true
	}
	images := make(map[oci.PullSpec]Image, len(p.Images))
	for _, image := range p.Images {
		images[image.Source] = image
	}
	for _, stage := range missing {
		for _, push := range stage {
			if push.isImage() {
				c.follow(images[push.Source], lacks)
			}
		}
	}
	return c
}

// follow waits for those blobs of an image that are among lacks.
func (c *copied) follow(image Image, lacks map[oci.Digest]bool) {
	w := &waitingImage{source: image.Source}
	for d := range image.blobSizes() {
		if lacks[d] {
			w.blobs++
			c.waiting[d] = append(c.waiting[d], w)
		}
	}
	if w.blobs == 0 {
		c.meter.Copied(w.source)
	}
}

// blob says that all target repositories have a blob.
func (c *copied) blob(d oci.Digest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.waiting[d] {
		if w.blobs--; w.blobs == 0 {
			c.meter.Copied(w.source)
		}
	}
}
