package sigstore

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// minimumRSA is how many bits an RSA key needs.
const minimumRSA = 2048

// Key is a public key: ECDSA on P-256, P-384 or P-521, RSA or Ed25519.
type Key struct {
	Name string // where it is from, for messages

	public crypto.PublicKey
	sum    [sha256.Size]byte // of the DER form
}

// ParseKey reads one public key in PEM, as cosign and openssl write it; anything else is fault.Usage.
func ParseKey(name string, text []byte) (Key, error) {
	key, err := parseKey(text)
	if err != nil {
		return Key{}, fault.Errorf(fault.Usage, "the public key %s: %w", name, err)
	}
	key.Name = name
	return key, nil
}

func parseKey(text []byte) (Key, error) {
	block, rest := pem.Decode(text)
	switch {
	case block == nil:
		return Key{}, errors.New("it is not PEM (-----BEGIN PUBLIC KEY-----)")
	case block.Type != "PUBLIC KEY":
		return Key{}, fmt.Errorf("it is a %.40q, want a \"PUBLIC KEY\"", block.Type)
	case len(bytes.TrimSpace(rest)) > 0:
		return Key{}, errors.New("something follows the key")
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return Key{}, fmt.Errorf("it cannot be read: %w", err)
	}
	switch public := public.(type) {
	case *ecdsa.PublicKey:
		if bits := public.Curve.Params().BitSize; bits < 256 {
			return Key{}, fmt.Errorf("it is on a curve of %d bits, at least 256 are needed", bits)
		}
	case *rsa.PublicKey:
		if bits := public.N.BitLen(); bits < minimumRSA {
			return Key{}, fmt.Errorf("it is RSA of %d bits, at least %d are needed", bits, minimumRSA)
		}
	case ed25519.PublicKey:
	default:
		return Key{}, fmt.Errorf("keys of this kind (%T) do not sign images", public)
	}
	// Marshal it again, so that a key has the same hash in whatever encoding it was given.
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return Key{}, fmt.Errorf("it cannot be read: %w", err)
	}
	return Key{public: public, sum: sha256.Sum256(der)}, nil
}

// ID is sha256:HEX of the key's DER form, as `openssl pkey -pubin -outform DER | sha256sum` gives it.
func (k Key) ID() string { return fmt.Sprintf("sha256:%x", k.sum) }

// Verify checks a signature over a document as the nodes of a cluster do: over its SHA-256 for ECDSA (ASN.1) and RSA
// (PKCS #1 v1.5), over the document itself for Ed25519. Its error is fault.Integrity.
func (k Key) Verify(document, signature []byte) error {
	sum := sha256.Sum256(document)
	var ok bool
	switch public := k.public.(type) {
	case *ecdsa.PublicKey:
		ok = ecdsa.VerifyASN1(public, sum[:], signature)
	case *rsa.PublicKey:
		ok = rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], signature) == nil
	case ed25519.PublicKey:
		ok = ed25519.Verify(public, document, signature)
	}
	if !ok {
		return fault.Errorf(fault.Integrity, "it is not signed by the key %s: by another one, or it was changed", k.ID())
	}
	return nil
}
