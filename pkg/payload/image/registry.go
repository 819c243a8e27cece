package image

import (
	"context"
	"fmt"
	"io"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Registry reads manifests and blobs of registries. What it returns is not verified yet: this package does that. Its errors have
// a kind. One that begins with the name of what could not be fetched returns that name by a method Subject, and the rest by
// Unwrap.
type Registry interface {
	// Manifest fetches a manifest by tag or digest in one GET, at most 8 MiB. declared is the Docker-Content-Digest header as it
	// came (empty when absent), mediaType the Content-Type without parameters.
	Manifest(ctx context.Context, repository oci.Repository, tagOrDigest string) (body []byte, mediaType, declared string, err error)
	// Blob opens a blob from byte number from on, counted from 0, in one GET. size is what the descriptor says of the whole blob; the
	// reader may give more or less, the caller checks.
	Blob(ctx context.Context, repository oci.Repository, digest digest.Digest, size, from int64) (io.ReadCloser, error)
	// Head asks for a manifest without its bytes in one HEAD, for the Docker-Content-Digest header (empty when absent).
	Head(ctx context.Context, repository oci.Repository, tagOrDigest string) (declared string, err error)
}

// withSubject puts a name before an error, unless the error begins with it already.
func withSubject(name string, err error) error {
	if e, ok := err.(interface {
		Subject() string
		Unwrap() error
	}); ok && e.Subject() == name {
		err = e.Unwrap()
	}
	return fmt.Errorf("%s: %w", name, err)
}
