// Package testsign signs releases for tests: it makes keys, OpenPGP messages, sigstore images and the ConfigMaps around them, valid
// or broken in the way that a test needs. Ed25519 keys and their signatures are the same on every run.
package testsign

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/ProtonMail/go-crypto/openpgp/v2"
)

// Created is the default creation time of keys.
func Created() time.Time { return time.Date(2023, 10, 1, 12, 0, 0, 0, time.UTC) }

// Signed is the default time of signatures, a month after Created.
func Signed() time.Time { return time.Date(2023, 11, 1, 12, 0, 0, 0, time.UTC) }

// Now is the current time of most tests, a month after Signed.
func Now() time.Time { return time.Date(2023, 12, 1, 12, 0, 0, 0, time.UTC) }

// Key is an OpenPGP key pair.
type Key struct {
	Entity *v2.Entity

	config *packet.Config
	sub    *v2.Subkey // if set, signs instead of the primary key
}

// KeyOption changes how a key is made.
type KeyOption func(*packet.Config)

// RSA makes an RSA key, which is different on every run.
func RSA(bits int) KeyOption {
	return func(c *packet.Config) { c.Algorithm, c.RSABits = packet.PubKeyAlgoRSA, bits }
}

// ECDSA makes an ECDSA key, which is different on every run.
func ECDSA(curve packet.Curve) KeyOption {
	return func(c *packet.Config) { c.Algorithm, c.Curve = packet.PubKeyAlgoECDSA, curve }
}

// MadeOn sets the creation time of the key.
func MadeOn(t time.Time) KeyOption {
	return func(c *packet.Config) { c.Time = func() time.Time { return t } }
}

// LastingFor sets the lifetime of the key.
func LastingFor(d time.Duration) KeyOption {
	return func(c *packet.Config) { c.KeyLifetimeSecs = uint32(d / time.Second) }
}

// Another makes a different key with the same name and user ID.
func Another(seed string) KeyOption {
	return func(c *packet.Config) { c.Rand = numbers(seed) }
}

// NewKey makes a key for NAME <NAME@example.com>.
func NewKey(t testing.TB, name string, options ...KeyOption) *Key {
	t.Helper()
	config := newConfig(name)
	for _, option := range options {
		option(config)
	}
	entity, err := v2.NewEntity(name, "", name+"@example.com", config)
	if err != nil {
		t.Fatalf("making the key %s: %v", name, err)
	}
	return &Key{Entity: entity, config: config}
}

// newConfig returns a configuration with random numbers that depend on the name.
func newConfig(name string) *packet.Config {
	never := false
	return &packet.Config{
		Algorithm: packet.PubKeyAlgoEdDSA, Rand: numbers(name),
		NonDeterministicSignaturesViaNotation: &never, Time: Created,
	}
}

// numbers returns random numbers that depend on the seed.
func numbers(seed string) io.Reader { return rand.NewChaCha8(sha256.Sum256([]byte(seed))) }

// WithSubkey adds a subkey that signs instead of the primary key.
func (k *Key) WithSubkey(t testing.TB) *Key {
	t.Helper()
	if err := k.Entity.AddSigningSubkey(k.config); err != nil {
		t.Fatalf("making a subkey: %v", err)
	}
	k.sub = &k.Entity.Subkeys[len(k.Entity.Subkeys)-1]
	return k
}

// WithSubkeyOf adds the signing subkey of another key, as an attacker does to pass off its signatures as this key's. No signature
// of this key binds it.
func (k *Key) WithSubkeyOf(other *Key) *Key {
	k.Entity.Subkeys = append(k.Entity.Subkeys, *other.sub)
	return k
}

// Revoked revokes the key.
func (k *Key) Revoked(t testing.TB, reason string) *Key {
	t.Helper()
	if err := k.Entity.Revoke(packet.KeyCompromised, reason, k.config); err != nil {
		t.Fatalf("revoking: %v", err)
	}
	return k
}

// RevokedSubkey revokes the signing subkey.
func (k *Key) RevokedSubkey(t testing.TB, reason string) *Key {
	t.Helper()
	if err := k.sub.Revoke(packet.KeyCompromised, reason, k.config); err != nil {
		t.Fatalf("revoking: %v", err)
	}
	return k
}

// Revocation returns only the packet that revokes the signing subkey, or else the key.
func (k *Key) Revocation(t testing.TB) []byte {
	t.Helper()
	revocations := k.Entity.Revocations
	if k.sub != nil {
		revocations = k.sub.Revocations
	}
	var out bytes.Buffer
	if err := revocations[0].Packet.Serialize(&out); err != nil {
		t.Fatalf("writing a revocation: %v", err)
	}
	return out.Bytes()
}

// Extended replaces the self-signatures by one of a later time with the lifetime d, counted from the creation of the key. Key
// servers may distribute a key like this.
func (k *Key) Extended(t testing.TB, at time.Time, d time.Duration) *Key {
	t.Helper()
	seconds := uint32(d / time.Second)
	for name, identity := range k.Entity.Identities {
		self := identity.SelfCertifications[0].Packet
		self.CreationTime, self.KeyLifetimeSecs = at, &seconds
		if err := self.SignUserId(name, k.Entity.PrimaryKey, k.Entity.PrivateKey, k.config); err != nil {
			t.Fatalf("extending: %v", err)
		}
	}
	return k
}

// SelfSignedWith makes the self-signatures with another hash.
func (k *Key) SelfSignedWith(t testing.TB, h crypto.Hash) *Key {
	t.Helper()
	for name, identity := range k.Entity.Identities {
		self := identity.SelfCertifications[0].Packet
		self.Hash = h
		if err := self.SignUserId(name, k.Entity.PrimaryKey, k.Entity.PrivateKey, k.config); err != nil {
			t.Fatalf("signing the key: %v", err)
		}
	}
	return k
}

// Fingerprint is the fingerprint of the primary key in upper-case hex.
func (k *Key) Fingerprint() string { return fmt.Sprintf("%X", k.Entity.PrimaryKey.Fingerprint) }

// SubkeyFingerprint is the fingerprint of the signing subkey in upper-case hex.
func (k *Key) SubkeyFingerprint() string { return fmt.Sprintf("%X", k.sub.PublicKey.Fingerprint) }

// ID is the ID of the primary key in signatures.
func (k *Key) ID() uint64 { return k.Entity.PrimaryKey.KeyId }

// Public returns the public key in binary form.
func (k *Key) Public(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := k.Entity.Serialize(&out); err != nil {
		t.Fatalf("writing a key: %v", err)
	}
	return out.Bytes()
}

// Private returns the private key in binary form without a passphrase.
func (k *Key) Private(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := k.Entity.SerializePrivateWithoutSigning(&out, k.config); err != nil {
		t.Fatalf("writing a key: %v", err)
	}
	return out.Bytes()
}

// Armored returns the public keys in one armored block.
func Armored(t testing.TB, keys ...*Key) string {
	t.Helper()
	var all []byte
	for _, k := range keys {
		all = append(all, k.Public(t)...)
	}
	return Armor(t, v2.PublicKeyType, all)
}

// Armor returns data as an armored block.
func Armor(t testing.TB, kind string, data []byte) string {
	t.Helper()
	var out bytes.Buffer
	w, err := armor.Encode(&out, kind, nil)
	if err == nil {
		_, err = io.Copy(w, bytes.NewReader(data))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatalf("armoring: %v", err)
	}
	return out.String() + "\n"
}
