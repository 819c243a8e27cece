package presence

import (
	"context"
	"sync"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

const (
	maxDepth     = 3    // how deep manifest lists may lie in one another
	maxDocuments = 1000 // manifests that are fetched for one image
)

// deep asks for everything that images are made of, each manifest and blob once.
type deep struct {
	registry Registry

	mu   sync.Mutex
	once map[string]func() error // by REPOSITORY@DIGEST
}

func newDeep(registry Registry) *deep {
	return &deep{registry: registry, once: map[string]func() error{}}
}

// single runs a question once and gives its answer ever after.
func (d *deep) single(key string, ask func() error) error {
	d.mu.Lock()
	answer, ok := d.once[key]
	if !ok {
		answer = sync.OnceValue(ask)
		d.once[key] = answer
	}
	d.mu.Unlock()
	return answer()
}

// Image asks for an image's configuration and layers, those of all images of a list.
func Image(ctx context.Context, registry Registry, repository oci.Repository, d digest.Digest) error {
	return newDeep(registry).image(ctx, repository, d)
}

func (d *deep) image(ctx context.Context, repository oci.Repository, at digest.Digest) error {
	documents := 0
	return d.manifest(ctx, repository, at, 0, &documents)
}

// manifest fetches a manifest, verifies it, and asks for everything that it names.
func (d *deep) manifest(ctx context.Context, repository oci.Repository, at digest.Digest, depth int, documents *int) error {
	name := repository.Digest(at).String()
	if *documents++; depth > maxDepth || *documents > maxDocuments {
		return fault.Errorf(fault.Integrity, "%s: manifest lists lie too deep in one another, or name too many images", name)
	}
	return d.single(name, func() error {
		body, _, _, err := d.registry.Manifest(ctx, repository, at.String())
		if err != nil {
			return err
		}
		if got := digest.FromBytes(body); got != at {
			return fault.Errorf(fault.Integrity, "%s: the manifest has the digest %s", name, got)
		}
		m, err := oci.ParseManifest(body, "")
		if err != nil {
			return fault.Errorf(fault.Integrity, "%s: %w", name, err)
		}
		for _, child := range m.Entries {
			if err := d.manifest(ctx, repository, child.Digest, depth+1, documents); err != nil {
				return err
			}
		}
		if m.List {
			return nil
		}
		for _, part := range append([]oci.Descriptor{m.Config}, m.Layers...) {
			if err := d.blob(ctx, repository, part); err != nil {
				return err
			}
		}
		return nil
	})
}

// blob asks for one part of an image and compares its size. What lies elsewhere by its own account, a foreign
// layer, is never asked for.
func (d *deep) blob(ctx context.Context, repository oci.Repository, part oci.Descriptor) error {
	if part.Foreign() {
		return nil
	}
	name := repository.Digest(part.Digest).String()
	return d.single("blob "+name, func() error {
		size, err := d.registry.HeadBlob(ctx, repository, part.Digest)
		if err != nil {
			return err
		}
		if size >= 0 && size != part.Size {
			return fault.Errorf(fault.Integrity, "%s: the registry has %d bytes of it, the manifest says %d", name, size, part.Size)
		}
		return nil
	})
}
