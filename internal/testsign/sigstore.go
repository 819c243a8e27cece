package testsign

import (
	"bytes"
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

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Signer is a key as cosign uses it.
type Signer struct {
	Private crypto.Signer
	PEM     string // the public key
}

// NewSigner makes a key: p256, p384, p521, rsa2048, rsa1024 or ed25519. All but the last are other ones on every run.
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

// PublicPEM is a public key as cosign writes it.
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

// Layer is one signature in an image of signatures. Zero fields are made of the document and the key.
type Layer struct {
	Document  []byte
	Value     []byte
	MediaType string
	Stored    []byte // what the registry gives in place of the document
}

// SignatureLayer is a signed document that says that reference has a digest.
func (s Signer) SignatureLayer(t testing.TB, d digest.Digest, reference string) Layer {
	t.Helper()
	document := Document(CosignType, d, reference)
	return Layer{Document: document, Value: s.Sign(t, document)}
}

// Images is a registry in memory: what is in it is given as it is, whatever it claims to be.
type Images struct {
	Manifests map[string]Manifest // by REPOSITORY:TAG or REPOSITORY@DIGEST
	Blobs     map[digest.Digest][]byte
	Asked     []string // what was asked for, in order
	Err       error    // what every question is answered with
}

// Manifest is what a registry says about a name.
type Manifest struct {
	Body      []byte
	MediaType string
	Declared  string
}

// NewImages makes an empty registry.
func NewImages() *Images {
	return &Images{Manifests: map[string]Manifest{}, Blobs: map[digest.Digest][]byte{}}
}

// AddSignatures puts an image of signatures at the tag of an image's digest.
func (r *Images) AddSignatures(t testing.TB, repository oci.Repository, d digest.Digest, layers ...Layer) {
	t.Helper()
	type descriptor struct {
		MediaType   string            `json:"mediaType"`
		Digest      digest.Digest     `json:"digest"`
		Size        int               `json:"size"`
		Annotations map[string]string `json:"annotations,omitempty"`
	}
	const kind = "application/vnd.oci.image.manifest.v1+json"
	config := []byte("{}")
	descriptors := []descriptor{}
	for _, layer := range layers {
		if layer.MediaType == "" {
			layer.MediaType = "application/vnd.dev.cosign.simplesigning.v1+json"
		}
		stored := layer.Document
		if layer.Stored != nil {
			stored = layer.Stored
		}
		r.Blobs[digest.FromBytes(layer.Document)] = stored
		descriptors = append(descriptors, descriptor{
			MediaType: layer.MediaType, Digest: digest.FromBytes(layer.Document), Size: len(layer.Document),
			Annotations: map[string]string{"dev.cosignproject.cosign/signature": base64.StdEncoding.EncodeToString(layer.Value)},
		})
	}
	body, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": kind,
		"config": descriptor{MediaType: "application/vnd.oci.image.config.v1+json", Digest: digest.FromBytes(config), Size: len(config)},
		"layers": descriptors,
	})
	if err != nil {
		t.Fatalf("writing a manifest: %v", err)
	}
	r.Blobs[digest.FromBytes(config)] = config
	name := repository.Tag(d.Algorithm().String() + "-" + d.Encoded() + ".sig").String()
	r.Manifests[name] = Manifest{Body: body, MediaType: kind, Declared: digest.FromBytes(body).String()}
}

// Manifest fulfils what reads registries.
func (r *Images) Manifest(_ context.Context, repository oci.Repository, name string) (body []byte, mediaType, declared string, err error) {
	r.Asked = append(r.Asked, repository.Tag(name).String())
	if r.Err != nil {
		return nil, "", "", r.Err
	}
	m, ok := r.Manifests[repository.Tag(name).String()]
	if !ok {
		return nil, "", "", fault.Errorf(fault.NotFound, "%s:%s not found", repository, name)
	}
	return m.Body, m.MediaType, m.Declared, nil
}

// Blob fulfils what reads registries.
func (r *Images) Blob(_ context.Context, repository oci.Repository, d digest.Digest, _, _ int64) (io.ReadCloser, error) {
	r.Asked = append(r.Asked, repository.Digest(d).String())
	data, ok := r.Blobs[d]
	if !ok {
		return nil, fault.Errorf(fault.NotFound, "blob %s not found", d)
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}
