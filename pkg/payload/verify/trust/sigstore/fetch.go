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
)

// What a signature's image is made of.
const (
	documentType        = "application/vnd.dev.cosign.simplesigning.v1+json"
	signatureAnnotation = "dev.cosignproject.cosign/signature"
)

// Bounds of what is read: a document has three hundred bytes, and a release is signed a few times.
const (
	maxDocument  = 64 << 10
	maxDocuments = 64
)

// Registry reads manifests and blobs: of a registry, or of whatever holds an image with its signatures beside it. Nothing
// that it returns is verified; its errors carry their kind, fault.NotFound for a tag that does not exist.
type Registry interface {
	// Manifest fetches a manifest by tag or digest; declared is the Docker-Content-Digest header, empty when absent.
	Manifest(ctx context.Context, repository, tagOrDigest string) (body []byte, mediaType, declared string, err error)
	// Blob opens a blob; size is what its descriptor says.
	Blob(ctx context.Context, repository string, digest digest.Digest, size int64) (io.ReadCloser, error)
}

// Signature is one document with its signature, as found. Its bytes are those that the signature's image names, and nothing
// more is known of them.
type Signature struct {
	Where    string // REPOSITORY:TAG, layer N
	Document []byte
	Value    []byte
	Problem  error // why there is nothing to verify; fault.Integrity
}

// Tag is the tag at which an image's signatures lie.
func Tag(d digest.Digest) string { return d.Algorithm().String() + "-" + d.Encoded() + ".sig" }

// Fetch reads the signatures of an image. No tag is fault.NotFound; a tag that holds something else is fault.Integrity.
func Fetch(ctx context.Context, registry Registry, repository string, image digest.Digest) ([]Signature, error) {
	where := repository + ":" + Tag(image)
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

// readManifest reads the layers of a signature's image.
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

// fetchOne reads one layer and makes sure that it is what the manifest names.
func fetchOne(ctx context.Context, registry Registry, repository string, layer oci.Descriptor) (document, value []byte, err error) {
	text, ok := layer.Annotations[signatureAnnotation]
	if !ok {
		return nil, nil, fault.Errorf(fault.Integrity, "it has no annotation %s", signatureAnnotation)
	}
	if value, err = base64.StdEncoding.DecodeString(text); err != nil || len(value) == 0 {
		return nil, nil, fault.Errorf(fault.Integrity, "its annotation %s is not base64", signatureAnnotation)
	}
	want, err := oci.ParseDigest(string(layer.Digest))
	if err != nil {
		return nil, nil, err
	}
	if layer.Size < 0 || layer.Size > maxDocument {
		return nil, nil, fault.Errorf(fault.Integrity, "it has %d bytes, more than the %d that are read", layer.Size, maxDocument)
	}
	blob, err := registry.Blob(ctx, repository, want, layer.Size)
	switch {
	case fault.KindOf(err) == fault.NotFound: // a signature that is named and missing is not the same as none
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
