package image

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
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

// remote is a repository of a registry, with its part of the cache.
type remote struct {
	registry   Registry
	repository oci.Repository
	cache      *cache.Cache
	offline    bool
}

func (r remote) manifest(ctx context.Context, d oci.Descriptor) ([]byte, string, string, error) {
	if body, mediaType, ok := r.cache.Manifest(r.repository, d.Digest); ok {
		return body, mediaType, "", nil
	}
	if r.offline {
		return nil, "", "", r.missing(string(d.Digest))
	}
	return r.registry.Manifest(ctx, r.repository, string(d.Digest))
}

func (r remote) keep(d digest.Digest, mediaType string, body []byte) {
	r.cache.KeepManifest(r.repository, d, mediaType, body)
}

func (r remote) blob(ctx context.Context, d oci.Descriptor) (io.ReadCloser, error) {
	fetch := func(ctx context.Context, from int64) (io.ReadCloser, error) {
		if r.offline {
			return nil, r.missing(string(d.Digest))
		}
		return r.registry.Blob(ctx, r.repository, d.Digest, d.Size, from)
	}
	return r.cache.Blobs().Blob(ctx, d.Digest, d.Size, fetch)
}

func (r remote) close() error { return nil }

// missing is the error for something that --offline does not allow to fetch.
func (r remote) missing(what string) error {
	return fault.Errorf(fault.Network, "%s is not in the cache, and --offline was given", what)
}

// root returns the manifest that a reference names. A digest costs a request only if the cache lacks its manifest. A tag always
// costs one: a HEAD if the cache has the manifest that the tag named the last time.
func (r remote) root(ctx context.Context, ref Reference) (*fetched, error) {
	if !r.offline {
		return r.get(ctx, ref)
	}
	d, what := ref.Digest, "the manifest"
	if d == "" {
		d, _ = r.cache.Tag(r.repository, ref.Tag)
		what = "what the tag " + ref.Tag + " names"
	}
	if f := r.cached(d); f != nil {
		return f, nil
	}
	return nil, r.missing(what)
}

// cached returns a manifest that this repository returned before, nil if the cache has none.
func (r remote) cached(d digest.Digest) *fetched {
	if d == "" {
		return nil
	}
	body, mediaType, ok := r.cache.Manifest(r.repository, d)
	if !ok {
		return nil
	}
	f, err := verifyManifest(body, mediaType, "", d)
	if err != nil {
		return nil
	}
	return f
}

// get reads a manifest by tag or digest through the cache. A damaged one from the cache is fetched.
func (r remote) get(ctx context.Context, ref Reference) (*fetched, error) {
	name := cmp.Or(string(ref.Digest), ref.Tag)
	m, err := r.cache.ReadManifest(ctx, r.repository, name, r)
	if fault.KindOf(err) == fault.NotFound {
		return nil, absentError{err}
	}
	if err != nil {
		return nil, err
	}
	f, err := verifyManifest(m.Body, m.MediaType, m.Declared, ref.Digest)
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	if !m.Cached {
		f.body = m.Body
	}
	return f, nil
}

// Head is the registry's for the repository.
func (r remote) Head(ctx context.Context, tagOrDigest string) (declared string, err error) {
	return r.registry.Head(ctx, r.repository, tagOrDigest)
}

// Manifest is the registry's for the repository.
func (r remote) Manifest(ctx context.Context, tagOrDigest string) (body []byte, mediaType, declared string, err error) {
	return r.registry.Manifest(ctx, r.repository, tagOrDigest)
}

// absentError is the error of a registry that does not have a manifest.
type absentError struct{ error }

// find returns the manifest that a reference names, or that of its fallback if the repository lacks the tag, and the
// reference by which it was found.
func (r remote) find(ctx context.Context, ref Reference) (*fetched, Reference, error) {
	f, absent, err := r.lookUp(ctx, ref)
	if ref.Fallback == "" || !absent {
		return f, ref, err
	}
	other := ref
	other.Tag, other.Fallback = ref.Fallback, ""
	f, absent, otherErr := r.lookUp(ctx, other)
	switch {
	case absent && r.offline:
		return nil, ref, err
	case absent:
		return nil, ref, fmt.Errorf("%w, and no tag %s either: name the image as HOST/REPOSITORY:TAG", err, other.Tag)
	}
	return f, other, otherErr
}

// lookUp is root that also reports whether its error means that the repository, or with --offline the cache, lacks the
// manifest.
func (r remote) lookUp(ctx context.Context, ref Reference) (f *fetched, absent bool, err error) {
	f, err = r.root(ctx, ref)
	if e, ok := err.(absentError); ok {
		return nil, true, e.error
	}
	return f, r.offline && err != nil, err
}

func (o Opener) openRegistry(ctx context.Context, ref Reference) (Image, error) {
	if o.Registry == nil {
		return nil, fault.Errorf(fault.Usage, "no registry can be read here")
	}
	src := remote{o.Registry, ref.Repository, o.Cache, o.Offline}
	root, found, err := src.find(ctx, ref)
	if err != nil {
		return nil, err
	}
	if found.Tag != ref.Tag {
		o.notef("%s has no tag %s: %s is read", ref.Repository, ref.Tag, found.Tag)
		ref = found
	}
	s, err := o.openImage(ctx, ref, src, root)
	if err != nil {
		return nil, err
	}
	s.remote, s.cache = true, o.Cache
	return s, nil
}
