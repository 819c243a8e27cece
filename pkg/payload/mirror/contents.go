package mirror

import (
	"context"

	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/ocilayout"
)

// VerifyBlobs are the blobs without which a release cannot be read and verified: its configuration, its top layer, and all of the
// sigstore signatures.
func (p *Plan) VerifyBlobs() map[oci.Digest]bool {
	needed := map[oci.Digest]bool{}
	for _, i := range p.Images {
		if i.Kind == KindComponent {
			continue
		}
		for _, m := range i.Manifests {
			for n, b := range m.Blobs {
				if i.Signs != "" || n == 0 || n == len(m.Blobs)-1 {
					needed[b.Digest] = true
				}
			}
		}
	}
	return needed
}

// Contents are what the parts of an archive need for a plan. Each part can be verified on its own: it has all manifests, the
// payloads and the sigstore signatures. leftOut reports whether a blob is left out; nil leaves out none.
func (p *Plan) Contents(ctx context.Context, leftOut func(context.Context, oci.Descriptor) (bool, error), parallel int) (c ocilayout.Contents, err error) {
	everywhere := p.VerifyBlobs()
	seen := map[oci.Digest]bool{}
	for _, i := range p.Images {
		for _, t := range i.Target {
			c.Images = append(c.Images, ocilayout.TaggedImage{Descriptor: i.Root().Descriptor, Tag: t.Tag, Source: i.Source})
		}
		for _, m := range i.Manifests {
			if !seen[m.Digest] {
				seen[m.Digest] = true
				c.Everywhere = append(c.Everywhere, m.Descriptor)
			}
		}
	}
	absent := make([]bool, len(p.Blobs))
	if leftOut != nil {
		err = eachIndex(ctx, parallel, len(p.Blobs), func(ctx context.Context, i int) (err error) {
			absent[i], err = leftOut(ctx, p.Blobs[i].Descriptor)
			return err
		})
	}
	for i, b := range p.Blobs {
		switch {
		case everywhere[b.Digest]:
			c.Everywhere = append(c.Everywhere, b.Descriptor)
		case !absent[i]:
			c.Blobs = append(c.Blobs, b.Descriptor)
		}
	}
	return c, err
}
