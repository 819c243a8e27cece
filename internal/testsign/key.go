// Package testsign signs releases for tests: keys, OpenPGP messages, sigstore images and the ConfigMaps around them, good
// ones and any broken ones that a test asks for. Keys of Ed25519 and what they sign are the same on every run.
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

// Created is when keys are made; Signed when messages are signed; Now what a test that says nothing else means by now.
func Created() time.Time { return time.Date(2023, 10, 1, 12, 0, 0, 0, time.UTC) }

// Signed is a month after Created.
func Signed() time.Time { return time.Date(2023, 11, 1, 12, 0, 0, 0, time.UTC) }

// Now is a month after Signed.
func Now() time.Time { return time.Date(2023, 12, 1, 12, 0, 0, 0, time.UTC) }

// Key is an OpenPGP key with its private part.
type Key struct {
	Entity *v2.Entity

	config *packet.Config
	sub    *v2.Subkey // signs in place of the primary key
}

// KeyOption changes how a key is made.
type KeyOption func(*packet.Config)

// RSA makes a key of this many bits in place of Ed25519; it is another one on every run.
func RSA(bits int) KeyOption {
	return func(c *packet.Config) { c.Algorithm, c.RSABits = packet.PubKeyAlgoRSA, bits }
}

// ECDSA makes a key on a curve in place of Ed25519; it is another one on every run.
func ECDSA(curve packet.Curve) KeyOption {
	return func(c *packet.Config) { c.Algorithm, c.Curve = packet.PubKeyAlgoECDSA, curve }
}

// MadeOn sets when the key was made.
func MadeOn(t time.Time) KeyOption {
	return func(c *packet.Config) { c.Time = func() time.Time { return t } }
}

// LastingFor gives the key an end.
func LastingFor(d time.Duration) KeyOption {
	return func(c *packet.Config) { c.KeyLifetimeSecs = uint32(d / time.Second) }
}

// Another makes another key than the name alone does, with the same user id.
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

// newConfig has a source of numbers that the name decides.
func newConfig(name string) *packet.Config {
	never := false
	return &packet.Config{
		Algorithm: packet.PubKeyAlgoEdDSA, Rand: numbers(name),
		NonDeterministicSignaturesViaNotation: &never, Time: Created,
	}
}

// numbers is a source of numbers that a seed decides.
func numbers(seed string) io.Reader { return rand.NewChaCha8(sha256.Sum256([]byte(seed))) }

// WithSubkey gives the key a subkey, which signs from then on.
func (k *Key) WithSubkey(t testing.TB) *Key {
	t.Helper()
	if err := k.Entity.AddSigningSubkey(k.config); err != nil {
		t.Fatalf("making a subkey: %v", err)
	}
	k.sub = &k.Entity.Subkeys[len(k.Entity.Subkeys)-1]
	return k
}

// WithSubkeyOf hangs another key's signing subkey on this key, as somebody does who wants its signatures to count as this
// key's: nothing that this key signed binds it.
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

// RevokedSubkey revokes the subkey that signs.
func (k *Key) RevokedSubkey(t testing.TB, reason string) *Key {
	t.Helper()
	if err := k.sub.Revoke(packet.KeyCompromised, reason, k.config); err != nil {
		t.Fatalf("revoking: %v", err)
	}
	return k
}

// Revocation is the packet alone that revokes the subkey that signs, or else the key.
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

// Extended signs the key itself once more at a time, so that it lasts for d from when it was made; its older signatures on
// itself are gone, as a key server may give it.
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

// SelfSignedWith makes the key's signatures on itself over another hash.
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

// Fingerprint is that of the primary key, upper-case hex.
func (k *Key) Fingerprint() string { return fmt.Sprintf("%X", k.Entity.PrimaryKey.Fingerprint) }

// SubkeyFingerprint is that of the subkey that signs.
func (k *Key) SubkeyFingerprint() string { return fmt.Sprintf("%X", k.sub.PublicKey.Fingerprint) }

// ID is the short name under which signatures refer to the primary key.
func (k *Key) ID() uint64 { return k.Entity.PrimaryKey.KeyId }

// Public is the public key, binary.
func (k *Key) Public(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := k.Entity.Serialize(&out); err != nil {
		t.Fatalf("writing a key: %v", err)
	}
	return out.Bytes()
}

// Private is the private key, binary and without a passphrase.
func (k *Key) Private(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := k.Entity.SerializePrivateWithoutSigning(&out, k.config); err != nil {
		t.Fatalf("writing a key: %v", err)
	}
	return out.Bytes()
}

// Armored is one armored block of the public keys.
func Armored(t testing.TB, keys ...*Key) string {
	t.Helper()
	var all []byte
	for _, k := range keys {
		all = append(all, k.Public(t)...)
	}
	return Armor(t, v2.PublicKeyType, all)
}

// Armor puts bytes into an armored block.
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
