package registry

import (
	"context"
	"io"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Direct reads repositories as they are: no rule for mirrors applies. It is how a mirror itself is read. Nothing that it
// returns is verified.
type Direct struct{ client *Client }

// Direct returns the client's registries without mirrors.
func (c *Client) Direct() Direct { return Direct{c} }

func (d Direct) source(repository oci.Repository) Source {
	return Source{client: d.client, repository: repository, direct: true}
}

// Manifest is Source.Manifest.
func (d Direct) Manifest(ctx context.Context, repository oci.Repository, tagOrDigest string) (body []byte, mediaType, declared string, err error) {
	return d.source(repository).Manifest(ctx, tagOrDigest)
}

// Blob is Source.Blob.
func (d Direct) Blob(ctx context.Context, repository oci.Repository, blob digest.Digest, size, from int64) (io.ReadCloser, error) {
	return d.source(repository).Blob(ctx, blob, size, from)
}

// Head is Source.Head.
func (d Direct) Head(ctx context.Context, repository oci.Repository, tagOrDigest string) (declared string, err error) {
	return d.source(repository).Head(ctx, tagOrDigest)
}

// HeadBlob is Source.Exists.
func (d Direct) HeadBlob(ctx context.Context, repository oci.Repository, blob digest.Digest) (size int64, err error) {
	return d.source(repository).Exists(ctx, blob)
}

// Describe is Source.Resolve.
func (d Direct) Describe(ctx context.Context, repository oci.Repository, tagOrDigest string) (oci.Descriptor, error) {
	return d.source(repository).Resolve(ctx, tagOrDigest)
}
