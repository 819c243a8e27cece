package image

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// remote is a repository of a registry, with what is kept of it.
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

// missing is the error of what would have to be fetched.
func (r remote) missing(what string) error {
	return fault.Errorf(fault.Network, "%s is not in the cache, and --offline was given", what)
}

// root gives the manifest that a reference names. A digest costs a request only when its manifest is not kept; a tag
// costs one in any case, the header of its manifest when the manifest is kept.
func (r remote) root(ctx context.Context, ref Reference) (*fetched, error) {
	if ref.Digest != "" {
		if f := r.known(ref.Digest); f != nil {
			return f, nil
		}
		if r.offline {
			return nil, r.missing("the manifest")
		}
		return r.get(ctx, string(ref.Digest), ref.Digest)
	}
	seen, tagged := r.cache.Tag(r.repository, ref.Tag)
	switch f := r.known(seen); {
	case r.offline && f == nil:
		return nil, r.missing("what the tag " + ref.Tag + " names")
	case r.offline:
		return f, nil
	case tagged && f != nil:
		f, err := r.ask(ctx, ref.Tag)
		if f != nil || err != nil {
			return f, err
		}
	}
	f, err := r.get(ctx, ref.Tag, "")
	if err != nil {
		return nil, err
	}
	r.cache.KeepTag(r.repository, ref.Tag, f.digest)
	return f, nil
}

// ask asks which manifest a tag names now. The answer only chooses among those that this repository gave before:
// without one that is known there is no manifest, and no error, for it has to be fetched then.
func (r remote) ask(ctx context.Context, tag string) (*fetched, error) {
	declared, err := r.registry.Head(ctx, r.repository, tag)
	_, answers := errors.AsType[answer](err)
	if ctx.Err() != nil || fault.KindOf(err) == fault.Network && !answers {
		return nil, err
	}
	if err != nil {
		return nil, nil // a registry that refuses this may still give the manifest, or says better why not
	}
	d, err := oci.ParseDigest(declared)
	if err != nil {
		return nil, nil
	}
	f := r.known(d)
	if f != nil {
		r.cache.KeepTag(r.repository, tag, d)
	}
	return f, nil
}

// answer is the error of a registry that is there, but does not do what it is asked for.
type answer interface {
	error
	Status() int
}

// known is a manifest that this repository gave before, nil when there is none.
func (r remote) known(d digest.Digest) *fetched {
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

// get fetches a manifest by tag or digest.
func (r remote) get(ctx context.Context, name string, wanted digest.Digest) (*fetched, error) {
	body, mediaType, declared, err := r.registry.Manifest(ctx, r.repository, name)
	if fault.KindOf(err) == fault.NotFound {
		return nil, absentError{err}
	}
	if err != nil {
		return nil, err
	}
	f, err := verifyManifest(body, mediaType, declared, wanted)
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	f.body = body
	r.keep(f.digest, mediaType, body)
	return f, nil
}

// absentError is the error of a registry that does not have the manifest it was asked for.
type absentError struct{ error }

// find gives the manifest that a reference names, by its fallback where its tag is not there, and the reference that it
// was found by.
func (r remote) find(ctx context.Context, ref Reference) (*fetched, Reference, error) {
	f, absent, err := r.look(ctx, ref)
	if ref.Fallback == "" || !absent {
		return f, ref, err
	}
	other := ref
	other.Tag, other.Fallback = ref.Fallback, ""
	f, absent, otherErr := r.look(ctx, other)
	switch {
	case absent && r.offline:
		return nil, ref, err
	case absent:
		return nil, ref, fmt.Errorf("%w, and no tag %s either: name the image as HOST/REPOSITORY:TAG", err, other.Tag)
	}
	return f, other, otherErr
}

// look is root that says of an error whether the manifest is just not there: in the repository or, with --offline, in the
// cache.
func (r remote) look(ctx context.Context, ref Reference) (f *fetched, absent bool, err error) {
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
