package testsign

import (
	"bytes"
	"cmp"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Signer is a key pair of cosign.
type Signer struct {
	Private crypto.Signer
	PEM     string // the public key
}

// NewSigner makes a key of a kind: p224, p256, p384, p521, rsa2048 or ed25519. Only ed25519 is the same on every run.
func NewSigner(t testing.TB, kind string) Signer {
	t.Helper()
	var private crypto.Signer
	var err error
	switch kind {
	case "p256":
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "p224":
		private, err = ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	case "p384":
		private, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "p521":
		private, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "rsa2048":
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	case "ed25519":
		private = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	default:
		t.Fatalf("no keys of kind %s", kind)
	}
	if err != nil {
		t.Fatalf("making a key: %v", err)
	}
	return Signer{Private: private, PEM: PublicPEM(t, private.Public())}
}

// PublicPEM returns a public key in the format of cosign.
func PublicPEM(t testing.TB, public crypto.PublicKey) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatalf("writing a key: %v", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// Sign signs a document.
func (s Signer) Sign(t testing.TB, document []byte) []byte {
	t.Helper()
	message, options := document, crypto.SignerOpts(crypto.Hash(0))
	if _, ok := s.Private.(ed25519.PrivateKey); !ok {
		sum := sha256.Sum256(document)
		message, options = sum[:], crypto.SHA256
	}
	value, err := s.Private.Sign(rand.Reader, message, options)
	if err != nil {
		t.Fatalf("signing: %v", err)
	}
	return value
}

// Layer is a signature in an image of signatures.
type Layer struct {
	Document  []byte
	Value     []byte
	MediaType string // default: that of simple signing
	Stored    []byte // if set, the registry has it instead of Document
}

// SignatureLayer signs a document with a digest and a reference.
func (s Signer) SignatureLayer(t testing.TB, d digest.Digest, reference string) Layer {
	t.Helper()
	document := Document(CosignType, d, reference)
	return Layer{Document: document, Value: s.Sign(t, document)}
}

// Images is a registry in memory. It returns its contents without checks.
type Images struct {
	Manifests map[string]Manifest // by REPOSITORY:TAG or REPOSITORY@DIGEST
	Blobs     map[digest.Digest][]byte
	Requests  []string // all requests in their order
	Err       error    // if set, the answer to all requests for manifests
}

// Manifest is a manifest with its media type and the digest that the registry declares.
type Manifest struct {
	Body      []byte
	MediaType string
	Declared  string
}

// NewImages returns an empty registry.
func NewImages() *Images {
	return &Images{Manifests: map[string]Manifest{}, Blobs: map[digest.Digest][]byte{}}
}

// AddSignatures adds an image of signatures with the tag for the digest of an image.
func (r *Images) AddSignatures(t testing.TB, repository oci.Repository, d digest.Digest, layers ...Layer) {
	t.Helper()
	const kind = testrelease.MediaTypeOCIManifest
	config := []byte("{}")
	descriptors := []testrelease.Descriptor{}
	for _, layer := range layers {
		stored := layer.Document
		if layer.Stored != nil {
			stored = layer.Stored
		}
		r.Blobs[digest.FromBytes(layer.Document)] = stored
		descriptors = append(descriptors, testrelease.Descriptor{
			MediaType: cmp.Or(layer.MediaType, "application/vnd.dev.cosign.simplesigning.v1+json"), Digest: digest.FromBytes(layer.Document), Size: int64(len(layer.Document)),
			Annotations: map[string]string{"dev.cosignproject.cosign/signature": base64.StdEncoding.EncodeToString(layer.Value)},
		})
	}
	body, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": kind,
		"config": testrelease.Descriptor{MediaType: testrelease.MediaTypeOCIConfig, Digest: digest.FromBytes(config), Size: int64(len(config))},
		"layers": descriptors,
	})
	if err != nil {
		t.Fatalf("writing a manifest: %v", err)
	}
	r.Blobs[digest.FromBytes(config)] = config
	name := repository.Tag(d.Algorithm().String() + "-" + d.Encoded() + ".sig").String()
	r.Manifests[name] = Manifest{Body: body, MediaType: kind, Declared: digest.FromBytes(body).String()}
}

// Manifest implements the registry of package sigstore.
func (r *Images) Manifest(_ context.Context, repository oci.Repository, name string) (body []byte, mediaType, declared string, err error) {
	r.Requests = append(r.Requests, repository.Tag(name).String())
	if r.Err != nil {
		return nil, "", "", r.Err
	}
	m, ok := r.Manifests[repository.Tag(name).String()]
	if !ok {
		return nil, "", "", fault.Errorf(fault.NotFound, "%s:%s not found", repository, name)
	}
	return m.Body, m.MediaType, m.Declared, nil
}

// Blob implements the registry of package sigstore.
func (r *Images) Blob(_ context.Context, repository oci.Repository, d digest.Digest, _, _ int64) (io.ReadCloser, error) {
	r.Requests = append(r.Requests, repository.Digest(d).String())
	data, ok := r.Blobs[d]
	if !ok {
		return nil, fault.Errorf(fault.NotFound, "blob %s not found", d)
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}
