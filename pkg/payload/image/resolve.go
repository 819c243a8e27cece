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

// source is a repository of a registry, or a layout. What it returns is not verified.
type source interface {
	// manifest returns a manifest with the media type that came with it and the digest that a server declared; either may be
	// empty.
	manifest(ctx context.Context, d oci.Descriptor) (body []byte, mediaType, declared string, err error)
	blob(ctx context.Context, d oci.Descriptor) (io.ReadCloser, error)
	// keep receives every manifest whose digest was verified.
	keep(d digest.Digest, mediaType string, body []byte)
	// close releases the files that the source has open.
	close() error
}

// fetched is a verified manifest.
type fetched struct {
	*oci.Manifest
	body     []byte // nil unless a registry returned it just now, by its tag or digest
	digest   digest.Digest
	platform *oci.Platform // of the entry that named it
}

// How deep and how many manifest lists are followed.
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

// verifyManifest compares a manifest with the digest that was asked for (empty for a tag) and the one that the server declared.
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

// parseManifest is oci.ParseManifest with an error that says release.
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

// ParseArch returns the architecture as images write it, of any accepted spelling. Its error is fault.Usage.
func ParseArch(name string) (string, error) {
	switch name {
	case "amd64", "x86_64":
		return "amd64", nil
	case "arm64", "aarch64":
		return "arm64", nil
	case "ppc64le", "s390x":
		return name, nil
	}
	return "", fault.Errorf(fault.Usage, "no architecture %q: want amd64 (x86_64), arm64 (aarch64), ppc64le or s390x", name)
}

// TagArch is the architecture as the tags of releases name it: x86_64 for amd64, aarch64 for arm64.
func TagArch(name string) string {
	switch name {
	case "amd64":
		return "x86_64"
	case "arm64":
		return "aarch64"
	}
	return name
}

// attestation is the annotation of entries that describe an image and are none.
const attestation = "vnd.docker.reference.type"

// images are the entries of a list that may be images, each digest once.
func images(entries []oci.Descriptor) []oci.Descriptor {
	var found []oci.Descriptor
	known := map[digest.Digest]bool{}
	for _, d := range entries {
		if isImage(d) && !known[d.Digest] {
			known[d.Digest] = true
			found = append(found, d)
		}
	}
	return found
}

// isImage reports whether an entry may be an image. Attestations, which describe an image, are none.
func isImage(d oci.Descriptor) bool {
	_, attests := d.Annotations[attestation]
	unknown := d.Platform != nil && d.Platform.OS == "unknown" && d.Platform.Architecture == "unknown"
	return !attests && !unknown
}

// choose chooses an entry: the first for linux and arch, else the only platform in the list. Each entry without a platform
// counts as another platform.
func choose(entries []oci.Descriptor, arch string) (oci.Descriptor, bool) {
	platforms := map[string]oci.Descriptor{}
	for _, d := range entries {
		if d.Platform != nil && d.Platform.OS == "linux" && d.Platform.Architecture == arch {
			return d, true
		}
		name := string(d.Digest)
		if d.Platform != nil {
			name = d.Platform.String()
		}
		if _, ok := platforms[name]; !ok {
			platforms[name] = d
		}
	}
	if len(platforms) != 1 {
		return oci.Descriptor{}, false
	}
	for _, d := range platforms {
		return d, true
	}
	return oci.Descriptor{}, false
}

// platformNames lists the platforms of entries for an error.
func platformNames(entries []oci.Descriptor) string {
	var names []string
	for _, d := range entries {
		if d.Platform != nil {
			names = append(names, d.Platform.String())
		}
	}
	return listNames(names)
}
