package mirror

import (
	"context"
	"io"

	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Source reads the images of one repository. Nothing that it returns is verified.
type Source interface {
	// Head asks which digest a tag has, in one HEAD. declared is what the registry says, "" when it says nothing.
	Head(ctx context.Context, tagOrDigest string) (declared string, err error)
	// Manifest fetches a manifest by tag or digest. A missing one is fault.NotFound.
	Manifest(ctx context.Context, tagOrDigest string) (body []byte, mediaType, declared string, err error)
	// Blob opens a blob from byte number from on, counted from 0.
	Blob(ctx context.Context, d oci.Digest, size, from int64) (io.ReadCloser, error)
}

// Cached is a source whose manifests are kept in a cache. A manifest that is there costs no request by its digest, and a HEAD
// by a tag. c may be nil.
func Cached(s Source, repository oci.Repository, c *cache.Cache) Source {
	return cached{s, repository, c}
}

type cached struct {
	Source
	repository oci.Repository
	cache      *cache.Cache
}

func (c cached) Manifest(ctx context.Context, tagOrDigest string) (body []byte, mediaType, declared string, err error) {
	m, err := c.cache.ReadManifest(ctx, c.repository, tagOrDigest, c.Source)
	return m.Body, m.MediaType, m.Declared, err
}
