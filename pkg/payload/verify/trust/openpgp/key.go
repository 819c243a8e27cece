package openpgp

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/ProtonMail/go-crypto/openpgp/v2"
)

// policy is go-crypto's default at a time: RSA keys of at least 2048 bits, no DSA, no MD5, and no SHA-1 for messages.
func policy(now time.Time) *packet.Config {
	return &packet.Config{Time: func() time.Time { return now }}
}

// fingerprint is computed from the key material by go-crypto.
func fingerprint(key *packet.PublicKey) string { return fmt.Sprintf("%X", key.Fingerprint) }

// userID is the primary user ID, else the newest valid one. It names the key and does not prove who owns it. Unlike
// go-crypto's PrimaryIdentity it gives the same name every time when two are equally new.
func userID(e *v2.Entity, now time.Time) string {
	var name string
	var best *packet.Signature
	for _, candidate := range slices.Sorted(maps.Keys(e.Identities)) {
		self, err := e.Identities[candidate].Verify(now, policy(now))
		if err != nil {
			continue
		}
		if best == nil || primary(self) && !primary(best) || primary(self) == primary(best) && self.CreationTime.After(best.CreationTime) {
			name, best = candidate, self
		}
	}
	return name
}

func primary(self *packet.Signature) bool { return self.IsPrimaryId != nil && *self.IsPrimaryId }

// signingKey returns the key with an id, the primary key or a subkey, if it may sign messages at this time. The error says
// why it may not.
func signingKey(e *v2.Entity, id uint64, now time.Time) (*packet.PublicKey, error) {
	if err := usable(e, now); err != nil {
		return nil, err
	}
	if key, ok := e.SigningKeyById(now, id, policy(now)); ok && key.PublicKey.KeyId == id {
		return key.PublicKey, nil
	}
	name := "the key " + fingerprint(e.PrimaryKey)
	for i := range e.Subkeys {
		if e.Subkeys[i].PublicKey.KeyId == id {
			return nil, refusedSubkey(&e.Subkeys[i], name, now)
		}
	}
	return nil, fmt.Errorf("%s is not one for signing", name)
}

// usable returns an error that says why a primary key verifies nothing at this time.
func usable(e *v2.Entity, now time.Time) error {
	name := "the key " + fingerprint(e.PrimaryKey)
	if err := strong(e.PrimaryKey, name); err != nil {
		return err
	}
	_, err := e.VerifyPrimaryKey(now, policy(now))
	switch {
	case err == nil:
		return nil
	case e.PrimaryKey.CreationTime.After(now):
		return fmt.Errorf("%s was made on %s, later than this machine's clock says: set the clock", name, date(e.PrimaryKey.CreationTime))
	case errors.Is(err, pgperrors.ErrKeyRevoked):
		return fmt.Errorf("%s is revoked%s", name, revocation(e.Revocations))
	case errors.Is(err, pgperrors.ErrKeyExpired):
		return fmt.Errorf("%s expired%s", name, expiry(e, now))
	}
	return fmt.Errorf("%s carries no valid signature of its own", name)
}

// strong refuses the keys that go-crypto's policy refuses, and says why.
func strong(key *packet.PublicKey, name string) error {
	config := policy(time.Time{})
	if config.RejectPublicKeyAlgorithm(key.PubKeyAlgo) {
		return fmt.Errorf("%s uses an algorithm that is no longer accepted (%d: DSA or ElGamal)", name, key.PubKeyAlgo)
	}
	switch key.PubKeyAlgo {
	case packet.PubKeyAlgoRSA, packet.PubKeyAlgoRSASignOnly:
		if bits, err := key.BitLength(); err != nil || bits < config.MinimumRSABits() {
			return fmt.Errorf("%s is RSA of %d bits, at least %d are needed", name, bits, config.MinimumRSABits()+1)
		}
	case packet.PubKeyAlgoECDSA, packet.PubKeyAlgoEdDSA:
		if curve, err := key.Curve(); err != nil || config.RejectCurve(curve) {
			return fmt.Errorf("%s is on a curve that is not accepted (%s)", name, curve)
		}
	}
	return nil
}

// refusedSubkey says why a subkey may not sign.
func refusedSubkey(sub *v2.Subkey, owner string, now time.Time) error {
	name := "the subkey " + fingerprint(sub.PublicKey)
	if err := strong(sub.PublicKey, name); err != nil {
		return err
	}
	binding, err := sub.Verify(now, policy(now))
	switch {
	case errors.Is(err, pgperrors.ErrKeyRevoked):
		return fmt.Errorf("%s is revoked%s", name, revocation(sub.Revocations))
	case errors.Is(err, pgperrors.ErrKeyExpired):
		return fmt.Errorf("%s expired", name)
	case err != nil:
		return fmt.Errorf("%s is not bound to %s by a valid signature", name, owner)
	case !binding.FlagSign:
		return fmt.Errorf("%s is not one for signing", name)
	}
	return fmt.Errorf("%s is not the only one with its id", name)
}

// revocation is the reason for a revocation, as its owner wrote it.
func revocation(signatures []*packet.VerifiableSignature) string {
	for _, s := range signatures {
		if s.Valid != nil && *s.Valid && s.Packet.RevocationReasonText != "" {
			return fmt.Sprintf(" (%.80q)", s.Packet.RevocationReasonText)
		}
	}
	return ""
}

// expiry says when a key expired, if its self-signatures say.
func expiry(e *v2.Entity, now time.Time) string {
	self, err := e.PrimarySelfSignature(now, policy(now))
	if err != nil || self.KeyLifetimeSecs == nil || *self.KeyLifetimeSecs == 0 {
		return ""
	}
	end := e.PrimaryKey.CreationTime.Add(time.Duration(*self.KeyLifetimeSecs) * time.Second)
	return " on " + date(end) + "; a newer copy of it may last longer"
}

func date(t time.Time) string { return t.UTC().Format(time.RFC3339) }
