package image

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// source gives what lies under a digest: a repository of a registry, or a layout. What it gives is not verified.
type source interface {
	// manifest gives a manifest with the media type it came with and the digest that a server declared, both empty where there is none.
	manifest(ctx context.Context, d oci.Descriptor) (body []byte, mediaType, declared string, err error)
	blob(ctx context.Context, d oci.Descriptor) (io.ReadCloser, error)
	// keep is shown every manifest that was found to have its digest.
	keep(d digest.Digest, mediaType string, body []byte)
	// close releases the files that the source has open.
	close() error
}

// fetched is a verified manifest.
type fetched struct {
	*oci.Manifest
	body     []byte // only of what a registry was asked for just now by its name
	digest   digest.Digest
	platform *oci.Platform // of the entry that named it
}

// How far lists are followed: a list of lists of lists, and some of each at most.
const (
	maxDepth = 3
	maxLists = 16
)

// resolver finds the one image for an architecture below a manifest.
type resolver struct {
	source source
	arch   string
	lists  int
}

// get fetches and verifies the manifest that a descriptor names.
func (r *resolver) get(ctx context.Context, d oci.Descriptor) (*fetched, error) {
	body, mediaType, declared, err := r.source.manifest(ctx, d)
	if err != nil {
		return nil, fmt.Errorf("manifest %s: %w", d.Digest, err)
	}
	if oci.ManifestType(mediaType) == "" {
		mediaType = d.MediaType
	}
	f, err := verifyManifest(body, mediaType, declared, d.Digest)
	if err != nil {
		return nil, fmt.Errorf("manifest %s: %w", d.Digest, err)
	}
	if d.Size >= 0 && d.Size != int64(len(body)) {
		return nil, fault.Errorf(fault.Integrity, "manifest %s: it has %d bytes, its list says %d", d.Digest, len(body), d.Size)
	}
	f.platform = d.Platform
	r.source.keep(f.digest, mediaType, body)
	return f, nil
}

// verifyManifest holds a manifest against the digest that was asked for (empty for a tag) and the one that the server declared.
func verifyManifest(body []byte, mediaType, declared string, wanted digest.Digest) (*fetched, error) {
	if len(body) > oci.MaxManifest {
		return nil, fault.Errorf(fault.Integrity, "it has more than %d bytes", oci.MaxManifest)
	}
	got := digest.FromBytes(body)
	if wanted != "" && got != wanted {
		return nil, fault.Errorf(fault.Integrity, "its bytes have the digest %s, want %s", got, wanted)
	}
	if declared != "" {
		stated, err := parseDigest(declared)
		if err != nil {
			return nil, fmt.Errorf("the header Docker-Content-Digest: %w", err)
		}
		if got != stated {
			return nil, fault.Errorf(fault.Integrity, "its bytes have the digest %s, the header Docker-Content-Digest says %s", got, stated)
		}
	}
	m, err := parseManifest(body, mediaType)
	if err != nil {
		return nil, err
	}
	return &fetched{Manifest: m, digest: got}, nil
}

// parseManifest is oci.ParseManifest; what is no image is no release.
func parseManifest(body []byte, declared string) (*oci.Manifest, error) {
	m, err := oci.ParseManifest(body, declared)
	if _, ok := errors.AsType[*oci.NotImageError](err); ok {
		return nil, fmt.Errorf("not a release: %w", err)
	}
	return m, err
}

// image follows lists down to the image for the architecture.
func (r *resolver) image(ctx context.Context, f *fetched, depth int) (*fetched, error) {
	if !f.List {
		return f, nil
	}
	if r.lists++; depth > maxDepth || r.lists > maxLists {
		return nil, fault.Errorf(fault.Integrity, "manifest lists in manifest lists: more than %d deep or %d together", maxDepth, maxLists)
	}
	entries := images(f.Entries)
	if d, ok := choose(entries, r.arch); ok {
		return r.follow(ctx, d, depth)
	}
	for _, d := range entries {
		if d.Platform != nil || !oci.IsListType(d.MediaType) {
			continue
		}
		inner, err := r.follow(ctx, d, depth)
		if err == nil || fault.KindOf(err) != fault.NotFound {
			return inner, err
		}
	}
	if len(entries) == 0 {
		return nil, fault.Errorf(fault.NotFound, "the manifest list %s names no image", f.digest)
	}
	return nil, fault.Errorf(fault.NotFound, "no image for linux/%s in the manifest list %s, which has %s: choose one with --arch", r.arch, f.digest, platformNames(entries))
}

func (r *resolver) follow(ctx context.Context, d oci.Descriptor, depth int) (*fetched, error) {
	f, err := r.get(ctx, d)
	if err != nil {
		return nil, err
	}
	return r.image(ctx, f, depth+1)
}
