package presence

import (
	"context"
	"encoding/json"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// maxDepth is how deep manifest lists may lie in one another.
const maxDepth = 3

// descriptor is a part of an image, as its manifest names it.
type descriptor struct {
	Digest string `json:"digest"`
	Size   int64  `json:"size"`
}

// document is a manifest or a manifest list.
type document struct {
	Config    *descriptor  `json:"config"`
	Layers    []descriptor `json:"layers"`
	Manifests []descriptor `json:"manifests"`
}

// checkManifest fetches a manifest, verifies it, and asks for everything that it names: of a list for each of
// its images.
func checkManifest(ctx context.Context, registry Registry, repository string, d digest.Digest, depth int) error {
	if depth > maxDepth {
		return fault.Errorf(fault.Integrity, "%s@%s: manifest lists lie more than %d deep in one another", repository, d, maxDepth)
	}
	body, _, _, err := registry.Manifest(ctx, repository, d.String())
	if err != nil {
		return err
	}
	if got := digest.FromBytes(body); got != d {
		return fault.Errorf(fault.Integrity, "%s@%s: the manifest has the digest %s", repository, d, got)
	}
	var m document
	if err := json.Unmarshal(body, &m); err != nil {
		return fault.Errorf(fault.Integrity, "%s@%s: the manifest is not JSON: %w", repository, d, err)
	}
	for _, child := range m.Manifests {
		at, err := payload.ParseDigest(child.Digest)
		if err != nil {
			return fault.Errorf(fault.Integrity, "%s@%s: %w", repository, d, err)
		}
		if err := checkManifest(ctx, registry, repository, at, depth+1); err != nil {
			return err
		}
	}
	if m.Config != nil {
		m.Layers = append([]descriptor{*m.Config}, m.Layers...)
	}
	for _, part := range m.Layers {
		if err := checkBlob(ctx, registry, repository, part); err != nil {
			return err
		}
	}
	return nil
}

// checkBlob asks for one part of an image and compares its size.
func checkBlob(ctx context.Context, registry Registry, repository string, part descriptor) error {
	d, err := payload.ParseDigest(part.Digest)
	if err != nil {
		return fault.Errorf(fault.Integrity, "%s: %w", repository, err)
	}
	size, err := registry.HeadBlob(ctx, repository, d)
	if err != nil {
		return err
	}
	if size >= 0 && size != part.Size {
		return fault.Errorf(fault.Integrity, "%s@%s: the registry has %d bytes of it, the manifest says %d", repository, d, size, part.Size)
	}
	return nil
}
