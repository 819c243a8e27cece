package verify

import (
	"bytes"
	"context"
	"io"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// cachedRegistry is a registry whose manifests and small blobs are kept in the cache. Without a registry it is the cache
// alone.
type cachedRegistry struct {
	Registry
	cache *cache.Cache
}

// Manifest gives what is kept under a digest, else what the registry gives, which is kept then. A tag is asked for again.
func (k cachedRegistry) Manifest(ctx context.Context, repository, name string) (body []byte, mediaType, declared string, err error) {
	d, err := oci.ParseDigest(name)
	isTag := err != nil
	if isTag && k.Registry == nil {
		d, _ = k.cache.Tag(repository, name)
	}
	if body, mediaType, ok := k.cache.Manifest(repository, d); ok {
		return body, mediaType, "", nil
	}
	if k.Registry == nil {
		return nil, "", "", fault.Errorf(fault.NotFound, "%s of %s is not in the cache", name, repository)
	}
	body, mediaType, declared, err = k.Registry.Manifest(ctx, repository, name)
	if err != nil {
		return nil, "", "", err
	}
	got := digest.FromBytes(body)
	if declared != "" && declared != got.String() || !isTag && got != d {
		return body, mediaType, declared, nil // the caller refuses it
	}
	k.cache.KeepManifest(repository, got, mediaType, body)
	if isTag {
		k.cache.KeepTag(repository, name, got)
	}
	return body, mediaType, declared, nil
}

// HeadBlob contacts nothing: only manifests are wanted.
func (k cachedRegistry) HeadBlob(context.Context, string, digest.Digest) (int64, error) {
	return -1, nil
}

// Blob reads a blob whole, so that it is kept before it is returned.
func (k cachedRegistry) Blob(ctx context.Context, repository string, d digest.Digest, size int64) (io.ReadCloser, error) {
	reading, err := k.cache.Blob(ctx, d, size, func(ctx context.Context, from int64) (io.ReadCloser, error) {
		switch {
		case k.Registry == nil:
			return nil, fault.Errorf(fault.NotFound, "%s is not in the cache", d)
		case from > 0:
			return k.Registry.BlobFrom(ctx, repository, d, size, from)
		}
		return k.Registry.Blob(ctx, repository, d, size)
	})
	if err != nil {
		return nil, err
	}
	defer reading.Close()
	data, err := io.ReadAll(io.LimitReader(reading, size+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) == size && digest.FromBytes(data) == d {
		reading.Verified()
	} else {
		reading.Refuted()
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}
