package mirror

import (
	"context"
	"fmt"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// Wanted is an image to read.
type Wanted struct {
	Kind   Kind
	Source oci.PullSpec // by digest
	Target []oci.PullSpec
}

// Reader reads the manifests of images.
type Reader struct {
	Source   func(oci.Repository) Source
	Parallel int // images at once
	// Target is asked first: of an image that it has, nothing is read but the manifests of a list. nil asks no target.
	Target func(oci.Repository) Target
	// Known are tags of the target that were asked for before, with what they name. The digest is empty for nothing.
	Known map[oci.PullSpec]oci.Descriptor
	// Repair reads also images that the target has, because it may lack parts of them.
	Repair bool
}

// Read reads the manifests of all images, in their order. Each is verified. An image that its source does not have is
// fault.NotFound and named.
func (r Reader) Read(ctx context.Context, wanted []Wanted) ([]Image, error) {
	images := make([]Image, len(wanted))
	meter := progress.Begin(ctx, progress.Task{Verb: "reading", What: "manifests of images", Count: true, Total: int64(len(wanted))})
	defer meter.End()
	err := eachIndex(ctx, r.Parallel, len(wanted), func(ctx context.Context, i int) (err error) {
		images[i], err = r.image(ctx, wanted[i])
		meter.Advance(1)
		return err
	})
	return images, err
}

// image reads one image.
func (r Reader) image(ctx context.Context, w Wanted) (Image, error) {
	image := Image{Kind: w.Kind, Source: w.Source, Target: w.Target}
	if err := r.ask(ctx, &image); err != nil {
		return image, err
	}
	if there, ok := image.complete(w.Source.Digest); ok && !r.Repair {
		image.Manifests = []Manifest{{Descriptor: there}}
		return image, nil
	}
	source := r.Source(w.Source.Repository)
	fetch := func(ctx context.Context, d oci.Descriptor) ([]byte, string, error) {
		body, mediaType, _, err := source.Manifest(ctx, d.Digest.String())
		return body, mediaType, err
	}
	root := oci.Descriptor{Digest: w.Source.Digest, Size: -1}
	err := oci.Walk(ctx, root, fetch, func(v oci.Visited) error { return image.add(v) })
	if err != nil {
		return image, fmt.Errorf("%s: %w", w.Source, err)
	}
	return image, nil
}

// ask asks what the tags of an image name at the target.
func (r Reader) ask(ctx context.Context, image *Image) error {
	if r.Target == nil {
		return nil
	}
	image.Found = map[oci.PullSpec]oci.Descriptor{}
	for _, t := range image.Target {
		found, known := r.Known[t]
		if !known {
			var err error
			if found, err = describe(ctx, r.Target, t); err != nil {
				return err
			}
		}
		image.Found[t] = found
	}
	return nil
}

// there reports whether all tags at the target name the image.
func (i Image) there() bool {
	for _, found := range i.Found {
		if found.Digest != i.Source.Digest {
			return false
		}
	}
	return len(i.Found) > 0
}

// complete reports whether all tags at the target name an image with this digest. A list is not complete: its children may
// have signatures.
func (i Image) complete(d oci.Digest) (there oci.Descriptor, ok bool) {
	for _, found := range i.Found {
		if found.Digest != d || oci.IsListType(found.MediaType) || found.MediaType == "" {
			return found, false
		}
		there = found
	}
	return there, there.Digest != ""
}

// add adds what Walk visited.
func (i *Image) add(v oci.Visited) error {
	if v.Manifest == nil {
		return nil
	}
	m, err := newManifest(v)
	i.Manifests = append(i.Manifests, m)
	return err
}

// newManifest is a manifest that Walk verified.
func newManifest(v oci.Visited) (Manifest, error) {
	m := Manifest{Descriptor: v.Descriptor, Body: v.Body}
	m.Size = int64(len(v.Body))
	if m.MediaType = v.Manifest.MediaType; m.MediaType == "" {
		// Registries want to know it, and the manifest does not say it.
		return m, fault.Errorf(fault.Integrity, "the manifest %s has no media type", v.Digest)
	}
	if v.Manifest.List {
		for _, child := range v.Manifest.Entries {
			m.Children = append(m.Children, child.Digest)
		}
		return m, nil
	}
	for _, d := range append([]oci.Descriptor{v.Manifest.Config}, v.Manifest.Layers...) {
		if !d.Foreign() {
			m.Blobs = append(m.Blobs, d)
		}
	}
	return m, nil
}
