// Package openpgp verifies the OpenPGP messages that sign releases. Such a message is not a detached signature: it holds
// the signed document, which names the digest of an image.
//
// go-crypto does the work on keys: self-signatures, subkeys, revocations and the arithmetic. This package adds two things.
// It checks the form of a message itself, because the library skips packets that it does not know. And it verifies
// signatures of version 3 (RFC 4880, section 5.2.2), which Red Hat's older releases have and the library no longer reads.
//
// A message that a cluster refuses is refused here too, such as one with several signatures, or with its signature before
// the document. Signatures over SHA-1 and SHA-224 are refused as well, although a cluster accepts them.
//
// The present state of a key decides, not its state at the time of signing: an expired or revoked key verifies nothing, and
// a key whose lifetime was extended still verifies what it signed before. The package is pure: bytes in, values out.
package openpgp

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/v2"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/simplesigning"
)

// Signed is a verified message.
type Signed struct {
	Key      Key
	Subkey   string    // the fingerprint of the subkey that signed; empty when the primary key did
	Time     time.Time // of signing, by the signature
	Document simplesigning.Document
}

// Verifier verifies messages with the keys of a keyring as they are at one time. It verifies each key once, however many
// messages follow. It is not safe for use by several goroutines.
type Verifier struct {
	keyring  Keyring
	now      time.Time
	entities v2.EntityList
	err      error // why no key can be used
}

// At returns a verifier; now decides what has expired.
func (k Keyring) At(now time.Time) *Verifier {
	v := &Verifier{keyring: k, now: now}
	v.entities, v.err = k.entities()
	if n := selfSignatures(v.entities); v.err == nil && k.limited && n > maxSelfSignatures {
		v.err = fmt.Errorf("the keys in the keyring %s carry %d signatures, more than the %d that are checked: name a copy of the keys with --keyring", k.Name, n, maxSelfSignatures)
	}
	return v
}

// Verify verifies one message; see Verifier.Verify.
func (k Keyring) Verify(data []byte, want digest.Digest, now time.Time) (Signed, error) {
	return k.At(now).Verify(data, want)
}

// Verify checks that one of the keyring's keys signed a document about the image with this digest. Its error, of kind
// fault.Integrity, says what is wrong with the message.
func (v *Verifier) Verify(data []byte, want digest.Digest) (Signed, error) {
	signed, err := v.verify(data, want)
	if err != nil {
		return Signed{}, fault.Errorf(fault.Integrity, "%w", err)
	}
	return signed, nil
}

func (v *Verifier) verify(data []byte, want digest.Digest) (Signed, error) {
	m, err := readMessage(data)
	if err != nil {
		return Signed{}, err
	}
	if v.err != nil {
		return Signed{}, v.err
	}
	signed, err := v.verifyMessage(m)
	if err != nil {
		return Signed{}, err
	}
	// The body is parsed only after its signature was verified.
	if signed.Document, err = simplesigning.Parse(m.body, simplesigning.Atomic); err != nil {
		return Signed{}, err
	}
	if signed.Document.Digest != want {
		return Signed{}, fmt.Errorf("it is about another image, %s", signed.Document.Digest)
	}
	return signed, nil
}

// verifyMessage tries all keys that have the id in the signature: ids are short, so two keys may share one.
func (v *Verifier) verifyMessage(m *message) (Signed, error) {
	s, err := readSignature(m.signature)
	if err != nil {
		return Signed{}, err
	}
	if err := checkOnePass(m.onePass, s.header); err != nil {
		return Signed{}, err
	}
	if s.created.After(v.now) {
		return Signed{}, fmt.Errorf("it was signed on %s, later than this machine's clock says (%s): set the clock", date(s.created), date(v.now))
	}
	var refusals []string
	for _, e := range withID(v.entities, s.issuer) {
		key, err := signingKey(e, s.issuer, v.now)
		if err == nil {
			err = s.verify(key, m.body, v.now)
		}
		if err != nil {
			if !slices.Contains(refusals, err.Error()) {
				refusals = append(refusals, err.Error())
			}
			continue
		}
		signed := Signed{Key: Key{Fingerprint: fingerprint(e.PrimaryKey), UserID: userID(e, v.now)}, Time: s.created.UTC()}
		if key.KeyId != e.PrimaryKey.KeyId {
			signed.Subkey = fingerprint(key)
		}
		return signed, nil
	}
	if len(refusals) == 0 {
		return Signed{}, fmt.Errorf("it is signed by the key %s, which is not in the keyring %s", s.signer(), v.keyring.Name)
	}
	return Signed{}, errors.New(strings.Join(refusals, "; "))
}

// withID returns the keys that have an id or a subkey with it, without their other subkeys: go-crypto would verify the
// bindings of all subkeys. The copies share signatures with the originals, so results are kept for the next message.
func withID(entities v2.EntityList, id uint64) v2.EntityList {
	var found v2.EntityList
	for _, e := range entities {
		part := *e
		part.Subkeys = slices.DeleteFunc(slices.Clone(e.Subkeys), func(sub v2.Subkey) bool { return sub.PublicKey.KeyId != id })
		if part.PrimaryKey.KeyId == id || len(part.Subkeys) > 0 {
			found = append(found, &part)
		}
	}
	return found
}

// selfSignatures counts the signatures that go-crypto may verify to find out what the keys may do. It never verifies those
// that other people made.
func selfSignatures(entities v2.EntityList) int {
	n := 0
	for _, e := range entities {
		n += len(e.Revocations) + len(e.DirectSignatures)
		for _, identity := range e.Identities {
			n += len(identity.SelfCertifications) + len(identity.Revocations)
		}
		for _, sub := range e.Subkeys {
			n += len(sub.Bindings) + len(sub.Revocations)
		}
	}
	return n
}
