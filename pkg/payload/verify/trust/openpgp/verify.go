package openpgp

import (
	"errors"
	"fmt"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/v2"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/claim"
)

// Signed is a message that was verified.
type Signed struct {
	Key    Key
	Subkey string    // the fingerprint of the subkey that signed, empty when the primary key did
	Time   time.Time // of signing, as the signature says
	Claim  claim.Claim
}

// Verifier verifies messages with the keys of a keyring as they are at one time. What it finds out about the keys it finds
// out once, whatever the number of messages. It is for one goroutine.
type Verifier struct {
	keyring  Keyring
	now      time.Time
	entities v2.EntityList
	err      error // why no key can be used
}

// At gives a verifier; now decides what has expired.
func (k Keyring) At(now time.Time) *Verifier {
	v := &Verifier{keyring: k, now: now}
	v.entities, v.err = k.entities()
	if n := selfSignatures(v.entities); v.err == nil && k.limited && n > maxSelfSignatures {
		v.err = fmt.Errorf("the keys in the keyring %s carry %d signatures, more than the %d that are checked: name a copy of the keys with --keyring", k.Name, n, maxSelfSignatures)
	}
	return v
}

// Verify is At and Verify for one message.
func (k Keyring) Verify(data []byte, want digest.Digest, now time.Time) (Signed, error) {
	return k.At(now).Verify(data, want)
}

// Verify finds out whether one of the keyring's keys signed the claim that an image has a digest. The error, of kind
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
	// Only now is the body worth reading.
	if signed.Claim, err = claim.Parse(m.body, claim.Atomic); err != nil {
		return Signed{}, err
	}
	if signed.Claim.Digest != want {
		return Signed{}, fmt.Errorf("it is about another image, %s", signed.Claim.Digest)
	}
	return signed, nil
}

// verifyMessage checks the signature with the keys that have its id: ids are short, so two keys may share one.
func (v *Verifier) verifyMessage(m *message) (Signed, error) {
	s, err := readSignature(m.signature)
	if err != nil {
		return Signed{}, err
	}
	if err := checkOnePass(m.onePass, s.description); err != nil {
		return Signed{}, err
	}
	if s.created.After(v.now) {
		return Signed{}, fmt.Errorf("it was signed on %s, later than this machine's clock says (%s): set the clock", date(s.created), date(v.now))
	}
	var refused []error
	for _, e := range withID(v.entities, s.issuer) {
		key, err := signingKey(e, s.issuer, v.now)
		if err == nil {
			err = s.verify(key, m.body, v.now)
		}
		if err != nil {
			refused = append(refused, err)
			continue
		}
		signed := Signed{Key: Key{Fingerprint: fingerprint(e.PrimaryKey), UserID: userID(e, v.now)}, Time: s.created.UTC()}
		if key.KeyId != e.PrimaryKey.KeyId {
			signed.Subkey = fingerprint(key)
		}
		return signed, nil
	}
	if len(refused) == 0 {
		return Signed{}, fmt.Errorf("it is signed by the key %s, which is not in the keyring %s", s.signer(), v.keyring.Name)
	}
	return Signed{}, join(refused)
}

// join makes one line of several reasons, each once.
func join(reasons []error) error {
	var text string
	seen := map[string]bool{}
	for _, reason := range reasons {
		if seen[reason.Error()] {
			continue
		}
		seen[reason.Error()] = true
		if text != "" {
			text += "; "
		}
		text += reason.Error()
	}
	return errors.New(text)
}
