package cache

import (
	"context"
	"errors"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Source reads the manifests of a repository. Nothing that it returns is verified.
type Source interface {
	// Head asks which digest a tag or digest has, in one HEAD. declared is "" when the registry does not say.
	Head(ctx context.Context, tagOrDigest string) (declared string, err error)
	// Manifest fetches a manifest. declared is as in Head.
	Manifest(ctx context.Context, tagOrDigest string) (body []byte, mediaType, declared string, err error)
}

// FoundManifest is a manifest as a source returned it, now or in an earlier run.
type FoundManifest struct {
	Body      []byte
	MediaType string
	Declared  string // the digest that the source named; "" for a manifest from the cache
	Cached    bool   // it is from the cache
}

// ReadManifest reads a manifest of a repository by tag or digest, and keeps it. By digest, a manifest that is in the cache costs no
// request; by tag it costs a HEAD, which says whether the tag still names it. A manifest is kept if its bytes have the digest that
// was asked for and the one that the source declared, so only manifests from the cache are verified.
func (c *Cache) ReadManifest(ctx context.Context, repository oci.Repository, tagOrDigest string, from Source) (FoundManifest, error) {
	isTag := !strings.Contains(tagOrDigest, ":")
	wanted := digest.Digest(tagOrDigest)
	if isTag {
		wanted = ""
		if d, err := c.currentDigest(ctx, repository, tagOrDigest, from); err != nil {
			return FoundManifest{}, err
		} else if body, mediaType, ok := c.Manifest(repository, d); ok {
			c.KeepTag(repository, tagOrDigest, d)
			return FoundManifest{Body: body, MediaType: mediaType, Cached: true}, nil
		}
	} else if body, mediaType, ok := c.Manifest(repository, wanted); ok {
		return FoundManifest{Body: body, MediaType: mediaType, Cached: true}, nil
	}
	body, mediaType, declared, err := from.Manifest(ctx, tagOrDigest)
	if err != nil {
		return FoundManifest{}, err
	}
	got := digest.FromBytes(body)
	if (isTag || got == wanted) && (declared == "" || declared == got.String()) {
		c.KeepManifest(repository, got, mediaType, body)
		if isTag {
			c.KeepTag(repository, tagOrDigest, got)
		}
	}
	return FoundManifest{Body: body, MediaType: mediaType, Declared: declared}, nil
}

// currentDigest asks which digest a tag has now, if the cache has the manifest that it had before. The digest is empty if the
// manifest has to be fetched.
func (c *Cache) currentDigest(ctx context.Context, repository oci.Repository, tag string, from Source) (digest.Digest, error) {
	before, tagged := c.Tag(repository, tag)
	if !tagged {
		return "", nil
	}
	if _, _, ok := c.Manifest(repository, before); !ok {
		return "", nil
	}
	declared, err := from.Head(ctx, tag)
	_, answered := errors.AsType[answer](err)
	if ctx.Err() != nil || fault.KindOf(err) == fault.Network && !answered {
		return "", err
	}
	if err != nil {
		return "", nil // a registry that refuses HEAD may answer GET, or its error says more
	}
	d, err := oci.ParseDigest(declared)
	if err != nil {
		return "", nil
	}
	return d, nil
}

// answer is the error for an answer with an unexpected status.
type answer interface {
	error
	Status() int
}
