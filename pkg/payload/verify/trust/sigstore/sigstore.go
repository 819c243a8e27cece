// Package sigstore verifies the signatures that cosign puts beside an image in its registry, at the tag sha256-HEX.sig, with
// a public key and the standard library. It supports no transparency log, no certificates and no bundles.
//
// Such a signature is of one image's manifest. A manifest list has none: each of its images does.
package sigstore

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/simplesigning"
)

// SignatureAnnotation is the annotation of a layer that has the signature of the document in it.
const SignatureAnnotation = "dev.cosignproject.cosign/signature"

// documentType is the media type of a layer that is a signed document.
const documentType = "application/vnd.dev.cosign.simplesigning.v1+json"

// Limits of what is read. A real document has three hundred bytes, and a release is signed a few times.
const (
	maxDocument  = 64 << 10
	maxDocuments = 64
)

// Registry reads manifests and blobs and verifies nothing. Its errors have a kind: fault.NotFound for a tag that does not
// exist.
type Registry interface {
	// Manifest fetches a manifest by tag or digest; declared is the Docker-Content-Digest header, empty when absent.
	Manifest(ctx context.Context, repository oci.Repository, tagOrDigest string) (body []byte, mediaType, declared string, err error)
	// Blob opens a blob from byte number from on; size is what its descriptor says.
	Blob(ctx context.Context, repository oci.Repository, digest digest.Digest, size, from int64) (io.ReadCloser, error)
}

// Signature is a document with its signature. The document has the digest that the signature's image says; the signature is
// not verified.
type Signature struct {
	Where    string // REPOSITORY:TAG, layer N
	Document []byte
	Value    []byte
	Problem  error // why it cannot be verified, of kind fault.Integrity; nil otherwise
}

// Tag is the tag of an image's signatures.
func Tag(d digest.Digest) string { return d.Algorithm().String() + "-" + d.Encoded() + ".sig" }

// Fetch reads the signatures of an image. A missing tag is fault.NotFound; a tag with something else is fault.Integrity.
func Fetch(ctx context.Context, registry Registry, repository oci.Repository, image digest.Digest) ([]Signature, error) {
	where := repository.Tag(Tag(image)).String()
	body, mediaType, declared, err := registry.Manifest(ctx, repository, Tag(image))
	if err != nil {
		return nil, fmt.Errorf("looking for a signature: %w", err)
	}
	if got := digest.FromBytes(body); declared != "" && declared != got.String() {
		return nil, fault.Errorf(fault.Integrity, "%s: the registry says that its digest is %.80q, but it is %s", where, declared, got)
	}
	layers, err := readManifest(body, mediaType)
	if err != nil {
		return nil, fault.Errorf(fault.Integrity, "%s: %w", where, err)
	}
	var found []Signature
	for i, layer := range layers {
		if layer.MediaType != documentType {
			continue
		}
		s := Signature{Where: fmt.Sprintf("%s, layer %d", where, i+1)}
		s.Document, s.Value, err = fetchOne(ctx, registry, repository, layer)
		if err != nil && fault.KindOf(err) != fault.Integrity {
			return nil, fmt.Errorf("%s: %w", s.Where, err)
		}
		s.Problem = err
		found = append(found, s)
	}
	if len(found) == 0 {
		return nil, fault.Errorf(fault.Integrity, "%s holds no signature: none of its layers is of type %s", where, documentType)
	}
	return found, nil
}

func readManifest(body []byte, mediaType string) ([]oci.Descriptor, error) {
	manifest, err := oci.ParseManifest(body, mediaType)
	switch {
	case err != nil:
		return nil, err
	case manifest.List:
		return nil, errors.New("it is a list of images, not a signature")
	case len(manifest.Layers) > maxDocuments:
		return nil, fmt.Errorf("it has %d layers, more than the %d that are read", len(manifest.Layers), maxDocuments)
	}
	return manifest.Layers, nil
}

// fetchOne reads a document and checks its size and digest.
func fetchOne(ctx context.Context, registry Registry, repository oci.Repository, layer oci.Descriptor) (document, value []byte, err error) {
	text, ok := layer.Annotations[SignatureAnnotation]
	if !ok {
		return nil, nil, fault.Errorf(fault.Integrity, "it has no annotation %s", SignatureAnnotation)
	}
	if value, err = base64.StdEncoding.DecodeString(text); err != nil || len(value) == 0 {
		return nil, nil, fault.Errorf(fault.Integrity, "its annotation %s is not base64", SignatureAnnotation)
	}
	want, err := oci.ParseDigest(string(layer.Digest))
	if err != nil {
		return nil, nil, err
	}
	if layer.Size < 0 || layer.Size > maxDocument {
		return nil, nil, fault.Errorf(fault.Integrity, "it has %d bytes, more than the %d that are read", layer.Size, maxDocument)
	}
	blob, err := registry.Blob(ctx, repository, want, layer.Size, 0)
	switch {
	case fault.KindOf(err) == fault.NotFound: // a missing layer is not a missing signature
		return nil, nil, fault.Errorf(fault.Integrity, "%w", err)
	case err != nil:
		return nil, nil, err
	}
	defer blob.Close()
	document, err = io.ReadAll(io.LimitReader(blob, layer.Size+1))
	if err != nil {
		return nil, nil, err
	}
	if got := digest.FromBytes(document); int64(len(document)) != layer.Size || got != want {
		return nil, nil, fault.Errorf(fault.Integrity, "its bytes are not those of %s", want)
	}
	return document, value, nil
}

// Verify checks that the key signed a document about the image with this digest. Its error, of kind fault.Integrity, says
// what is wrong. The document is parsed only after its signature was verified.
func (s Signature) Verify(key Key, want digest.Digest) (simplesigning.Document, error) {
	if s.Problem != nil {
		return simplesigning.Document{}, s.Problem
	}
	if err := key.Verify(s.Document, s.Value); err != nil {
		return simplesigning.Document{}, err
	}
	signed, err := simplesigning.Parse(s.Document, simplesigning.Cosign)
	if err != nil {
		return simplesigning.Document{}, err
	}
	if signed.Digest != want {
		return simplesigning.Document{}, fault.Errorf(fault.Integrity, "it is about another image, %s", signed.Digest)
	}
	return signed, nil
}
