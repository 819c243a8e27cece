package oci

import (
	"context"
	"fmt"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// Limits of one walk.
const (
	maxDepth     = 3    // of lists in lists
	maxManifests = 1000 // of one image or list
)

// Visited is a part of an image that Walk reached: a manifest, or a blob that a manifest names.
type Visited struct {
	Descriptor
	Body     []byte    // of a manifest; nil for a blob
	Manifest *Manifest // nil for a blob
}

// Walk visits everything that the image or list at root consists of, each digest once: first what a manifest names (the
// entries of a list; the configuration and the layers of an image), then the manifest itself. A copy in this order never has
// a manifest without its parts. A size of root below 0 is unknown.
//
// fetch returns the bytes of a manifest and the media type that came with them; Walk verifies their size and digest. Lists
// that are nested too deep or name too many images, and what fails verification, are fault.Integrity. Errors of fetch and
// visit end the walk and are returned as they are.
func Walk(ctx context.Context, root Descriptor, fetch func(context.Context, Descriptor) (body []byte, mediaType string, err error), visit func(Visited) error) error {
	w := &walker{fetch: fetch, visit: visit, manifests: map[Digest]bool{}, blobs: map[Digest]bool{}}
	return w.manifest(ctx, root, 0)
}

type walker struct {
	fetch            func(context.Context, Descriptor) ([]byte, string, error)
	visit            func(Visited) error
	manifests, blobs map[Digest]bool // those that were reached; one digest may be both
}

func (w *walker) manifest(ctx context.Context, d Descriptor, depth int) error {
	if w.manifests[d.Digest] {
		return nil
	}
	w.manifests[d.Digest] = true
	if depth > maxDepth || len(w.manifests) > maxManifests {
		return fault.Errorf(fault.Integrity, "manifest lists are nested more than %d deep, or name more than %d images", maxDepth, maxManifests)
	}
	body, mediaType, err := w.fetch(ctx, d)
	if err != nil {
		return err
	}
	m, err := verifiedManifest(d, body, mediaType)
	if err != nil {
		return fmt.Errorf("the manifest %s: %w", d.Digest, err)
	}
	for _, child := range m.Entries {
		if err := w.manifest(ctx, child, depth+1); err != nil {
			return err
		}
	}
	if !m.List {
		for _, part := range append([]Descriptor{m.Config}, m.Layers...) {
			if err := w.blob(part); err != nil {
				return err
			}
		}
	}
	return w.visit(Visited{Descriptor: d, Body: body, Manifest: m})
}

func (w *walker) blob(d Descriptor) error {
	if w.blobs[d.Digest] {
		return nil
	}
	w.blobs[d.Digest] = true
	return w.visit(Visited{Descriptor: d})
}

// verifiedManifest parses a manifest whose bytes have the size and the digest of its descriptor.
func verifiedManifest(d Descriptor, body []byte, mediaType string) (*Manifest, error) {
	if got := digest.FromBytes(body); got != d.Digest {
		return nil, fault.Errorf(fault.Integrity, "its bytes have the digest %s", got)
	}
	if d.Size >= 0 && d.Size != int64(len(body)) {
		return nil, fault.Errorf(fault.Integrity, "it has %d bytes, its descriptor says %d", len(body), d.Size)
	}
	if ManifestType(mediaType) == "" {
		mediaType = d.MediaType
	}
	return ParseManifest(body, mediaType)
}
