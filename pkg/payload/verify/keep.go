package verify

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/verify/presence"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/sigstore"
)

// KeepRequest says what to put into the cache, beside what reading the release has put there.
type KeepRequest struct {
	Release  *image.Release // with the contents of its manifests
	Registry Registry
	Cache    *cache.Cache
	Stores   trust.OpenPGP // where to look for OpenPGP signatures; the keys do not matter
	Deep     bool          // keep the manifests of the component images too
	Parallel int           // how many images at once
}

// Kept counts what was put into the cache.
type Kept struct {
	OpenPGP, Sigstore, Manifests int
	Failed                       []error // one for each thing that could not be fetched
}

// Keep fetches what Run needs offline. A store of signatures that cannot be asked is a failure only if no other store has any.
func Keep(ctx context.Context, r KeepRequest) Kept {
	var kept Kept
	id := r.Release.Identity
	kept.OpenPGP, kept.Failed = KeepOpenPGP(ctx, r.Release, r.Stores, r.Cache)
	registry := cachedRegistry{r.Registry, r.Cache}
	signatures, err := sigstore.Fetch(ctx, registry, id.Repository, id.Digest)
	if kept.Sigstore = len(signatures); err != nil && fault.KindOf(err) != fault.NotFound {
		kept.Failed = append(kept.Failed, err)
	}
	if !r.Deep {
		return kept
	}
	for _, result := range presence.Check(ctx, registry, r.Release.Components, presence.Options{Parallel: r.Parallel, Deep: true}) {
		if result.Err != nil {
			kept.Failed = append(kept.Failed, fmt.Errorf("the manifest of %s: %w", result.Component.Name, result.Err))
			continue
		}
		kept.Manifests++
	}
	return kept
}

// KeepOpenPGP puts the OpenPGP signatures of a release into the cache, and returns how many there are. failed says which stores
// could not be searched, if none has a signature.
func KeepOpenPGP(ctx context.Context, release *image.Release, stores trust.OpenPGP, c *cache.Cache) (n int, failed []error) {
	id := release.Identity
	signed := trust.Release{Repository: id.Repository, Digest: id.Digest, ListDigest: id.ListDigest, Files: release.Files}
	found, failed := trust.CollectOpenPGP(ctx, signed, stores)
	if len(found) == 0 {
		return 0, failed
	}
	var list []cache.Signature
	for _, s := range found {
		list = append(list, cache.Signature{Where: s.Where, Data: s.Data})
	}
	c.KeepSignatures(signed.Covered(), list)
	return len(list), nil
}

// cachedRegistry puts manifests and small blobs of a registry into the cache. Without a registry it reads the cache alone.
type cachedRegistry struct {
	Registry
	cache *cache.Cache
}

// Manifest reads a manifest through the cache, or from the cache alone.
func (k cachedRegistry) Manifest(ctx context.Context, repository oci.Repository, name string) (body []byte, mediaType, declared string, err error) {
	if k.Registry != nil {
		m, err := k.cache.ReadManifest(ctx, repository, name, source{k.Registry, repository})
		return m.Body, m.MediaType, m.Declared, err
	}
	d, err := oci.ParseDigest(name)
	if err != nil {
		d, _ = k.cache.Tag(repository, name)
	}
	if body, mediaType, ok := k.cache.Manifest(repository, d); ok {
		return body, mediaType, "", nil
	}
	return nil, "", "", fault.Errorf(fault.NotFound, "%s of %s is not in the cache", name, repository)
}

// source is a repository of a registry.
type source struct {
	registry   Registry
	repository oci.Repository
}

func (s source) Head(ctx context.Context, tagOrDigest string) (declared string, err error) {
	return s.registry.Head(ctx, s.repository, tagOrDigest)
}

func (s source) Manifest(ctx context.Context, tagOrDigest string) (body []byte, mediaType, declared string, err error) {
	return s.registry.Manifest(ctx, s.repository, tagOrDigest)
}

// HeadBlob asks nothing, because Keep needs manifests only.
func (k cachedRegistry) HeadBlob(context.Context, oci.Repository, digest.Digest) (int64, error) {
	return -1, nil
}

// Blob reads the whole blob, so that it is in the cache when Blob returns.
func (k cachedRegistry) Blob(ctx context.Context, repository oci.Repository, d digest.Digest, size, from int64) (io.ReadCloser, error) {
	reader, err := k.cache.Blobs().Blob(ctx, d, size, func(ctx context.Context, from int64) (io.ReadCloser, error) {
		if k.Registry == nil {
			return nil, fault.Errorf(fault.NotFound, "%s is not in the cache", d)
		}
		return k.Registry.Blob(ctx, repository, d, size, from)
	})
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	data, err := io.ReadAll(io.LimitReader(reader, size+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) == size && digest.FromBytes(data) == d {
		reader.Commit()
	} else {
		reader.Discard()
	}
	return io.NopCloser(bytes.NewReader(data[min(from, int64(len(data))):])), nil
}
