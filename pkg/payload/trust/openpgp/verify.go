package openpgp

import (
	"errors"
	"fmt"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/v2"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/trust/claim"
)

// Signed is a message that was verified.
type Signed struct {
	Key    Key
	Subkey string    // the fingerprint of the subkey that signed, empty when the primary key did
	Time   time.Time // of signing, as the signature says
	Claim  claim.Claim
}

// Verify finds out whether one of the keyring's keys signed the claim that an image has a digest. now decides what has
// expired. The error, of kind fault.Integrity, says what is wrong with the message.
func (k Keyring) Verify(data []byte, want digest.Digest, now time.Time) (Signed, error) {
	signed, err := k.verify(data, want, now)
	if err != nil {
		return Signed{}, fault.Errorf(fault.Integrity, "%w", err)
	}
	return signed, nil
}

func (k Keyring) verify(data []byte, want digest.Digest, now time.Time) (Signed, error) {
	m, err := readMessage(data)
	if err != nil {
		return Signed{}, err
	}
	entities, err := k.entities()
	if err != nil {
		return Signed{}, err
	}
	signed, err := k.verifyMessage(entities, m, now)
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
func (k Keyring) verifyMessage(entities v2.EntityList, m *message, now time.Time) (Signed, error) {
	s, err := readSignature(m.signature)
	if err != nil {
		return Signed{}, err
	}
	if err := checkOnePass(m.onePass, s.description); err != nil {
		return Signed{}, err
	}
	if s.created.After(now) {
		return Signed{}, fmt.Errorf("it was signed on %s, later than this machine's clock says (%s): set the clock", date(s.created), date(now))
	}
	var refused []error
	for _, e := range entities.EntitiesById(s.issuer) {
		key, err := signingKey(e, s.issuer, now)
		if err == nil {
			err = s.verify(key, m.body, now)
		}
		if err != nil {
			refused = append(refused, err)
			continue
		}
		signed := Signed{Key: Key{Fingerprint: fingerprint(e.PrimaryKey), UserID: userID(e, now)}, Time: s.created.UTC()}
		if key.KeyId != e.PrimaryKey.KeyId {
			signed.Subkey = fingerprint(key)
		}
		return signed, nil
	}
	if len(refused) == 0 {
		return Signed{}, fmt.Errorf("it is signed by the key %s, which is not in the keyring %s", s.signer(), k.Name)
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
