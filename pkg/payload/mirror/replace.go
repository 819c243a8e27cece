package mirror

import (
	"context"
	"io"
	"slices"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/sigstore"
)

// replaces reports whether the signatures of an image may replace those at the target: none of these is lost, or one of the
// new ones is valid.
func (r *run) replaces(ctx context.Context, push Push) (bool, error) {
	body, mediaType, _, err := r.Target(push.Target.Repository).Manifest(ctx, push.Target.Name())
	if err != nil {
		return false, err
	}
	old, err := oci.ParseManifest(body, mediaType)
	if err != nil {
		return true, nil // no cluster can read it
	}
	for _, d := range old.Layers {
		if !slices.ContainsFunc(push.Blobs, func(b oci.Descriptor) bool { return sameSignature(b, d) }) {
			return r.valid(ctx, push)
		}
	}
	return true, nil
}

// sameSignature compares layers of signatures. Two keys can sign the same document: then only the annotation differs.
func sameSignature(a, b oci.Descriptor) bool {
	return a.Digest == b.Digest && a.Annotations[sigstore.SignatureAnnotation] == b.Annotations[sigstore.SignatureAnnotation]
}

// valid reports whether one of the keys made a signature of an image.
func (r *run) valid(ctx context.Context, push Push) (bool, error) {
	if len(r.Keys) == 0 {
		return false, nil
	}
	signatures, err := sigstore.Fetch(ctx, readSignature{push, r.Source(push.Source.Repository)}, push.Source.Repository, push.Signs)
	if kind := fault.KindOf(err); kind == fault.Integrity {
		return false, nil
	}
	for _, s := range signatures {
		for _, key := range r.Keys {
			if _, err := s.Verify(key, push.Signs); err == nil {
				return true, nil
			}
		}
	}
	return false, err
}

// readSignature is the registry of a signature whose manifest was read.
type readSignature struct {
	push   Push
	source Source
}

func (r readSignature) Manifest(context.Context, oci.Repository, string) (body []byte, mediaType, declared string, err error) {
	return r.push.Body, r.push.MediaType, "", nil
}

func (r readSignature) Blob(ctx context.Context, _ oci.Repository, d oci.Digest, size, from int64) (io.ReadCloser, error) {
	return r.source.Blob(ctx, d, size, from)
}
