package presence

import (
	"context"
	"fmt"
	"sync"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Image checks that a registry has everything that an image or a manifest list consists of: it fetches and verifies the
// manifests and asks for the blobs. Something that is missing or wrong is fault.NotFound or Integrity.
func Image(ctx context.Context, registry Registry, repository oci.Repository, d digest.Digest) error {
	return newDeep(registry).image(ctx, repository, d)
}

// deep is the check of Image for several images, which asks for each manifest and blob once.
type deep struct {
	registry Registry

	mu        sync.Mutex
	manifests map[oci.PullSpec]func() (manifest, error)
	blobs     map[oci.PullSpec]func() error
}

type manifest struct {
	body      []byte
	mediaType string
}

func newDeep(registry Registry) *deep {
	return &deep{registry: registry, manifests: map[oci.PullSpec]func() (manifest, error){}, blobs: map[oci.PullSpec]func() error{}}
}

func (d *deep) image(ctx context.Context, repository oci.Repository, root digest.Digest) error {
	var registryErr error // names the image itself, unlike the errors of Walk
	fetch := func(ctx context.Context, at oci.Descriptor) ([]byte, string, error) {
		m, err := d.manifest(ctx, repository.Digest(at.Digest))
		registryErr = err
		return m.body, m.mediaType, err
	}
	visit := func(part oci.Visited) error {
		if part.Manifest == nil {
			registryErr = d.blob(ctx, repository.Digest(part.Digest), part.Descriptor)
		}
		return registryErr
	}
	err := oci.Walk(ctx, oci.Descriptor{Digest: root, Size: -1}, fetch, visit)
	if err == nil || registryErr != nil {
		return err
	}
	return fmt.Errorf("%s: %w", repository, err)
}

// tag is image for what a tag names.
func (d *deep) tag(ctx context.Context, spec oci.PullSpec) error {
	body, mediaType, _, err := d.registry.Manifest(ctx, spec.Repository, spec.Tag)
	if err != nil {
		return err
	}
	root := digest.FromBytes(body)
	d.mu.Lock()
	d.manifests[spec.Repository.Digest(root)] = func() (manifest, error) { return manifest{body, mediaType}, nil }
	d.mu.Unlock()
	return d.image(ctx, spec.Repository, root)
}

// single returns the single images of an image or a manifest list.
func (d *deep) single(ctx context.Context, repository oci.Repository, root digest.Digest) (images []digest.Digest, err error) {
	fetch := func(ctx context.Context, at oci.Descriptor) ([]byte, string, error) {
		m, err := d.manifest(ctx, repository.Digest(at.Digest))
		return m.body, m.mediaType, err
	}
	err = oci.Walk(ctx, oci.Descriptor{Digest: root, Size: -1}, fetch, func(part oci.Visited) error {
		if part.Manifest != nil && !part.Manifest.List {
			images = append(images, part.Digest)
		}
		return nil
	})
	return images, err
}

func (d *deep) manifest(ctx context.Context, spec oci.PullSpec) (manifest, error) {
	d.mu.Lock()
	fetch, ok := d.manifests[spec]
	if !ok {
		fetch = sync.OnceValues(func() (manifest, error) {
			body, mediaType, _, err := d.registry.Manifest(ctx, spec.Repository, spec.Digest.String())
			return manifest{body, mediaType}, err
		})
		d.manifests[spec] = fetch
	}
	d.mu.Unlock()
	return fetch()
}

// blob checks that the registry has a blob of the right size. It does not ask for a foreign layer, which is elsewhere.
func (d *deep) blob(ctx context.Context, spec oci.PullSpec, blob oci.Descriptor) error {
	if blob.Foreign() {
		return nil
	}
	d.mu.Lock()
	check, ok := d.blobs[spec]
	if !ok {
		check = sync.OnceValue(func() error {
			size, err := d.registry.HeadBlob(ctx, spec.Repository, spec.Digest)
			if err == nil && size >= 0 && size != blob.Size {
				err = fault.Errorf(fault.Integrity, "%s: the registry has %d bytes of it, the manifest says %d", spec, size, blob.Size)
			}
			return err
		})
		d.blobs[spec] = check
	}
	d.mu.Unlock()
	return check()
}
