package openpgp

import (
	"crypto"
	"errors"
	"fmt"
	"hash"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/ProtonMail/go-crypto/openpgp/v2"
)

// signature is one signature packet, of either family.
type signature struct {
	created     time.Time
	issuer      uint64 // key id
	fingerprint []byte // of the issuer; nil when the packet does not say
	description description

	modern *packet.Signature // version 4 and newer
	old    *oldSignature     // version 3
}

// readSignature reads a signature packet.
func readSignature(p *packet.OpaquePacket) (*signature, error) {
	if len(p.Contents) > 0 && (p.Contents[0] == 2 || p.Contents[0] == 3) {
		old, err := readOldSignature(p.Contents)
		if err != nil {
			return nil, err
		}
		return &signature{created: old.created, issuer: old.issuer, description: describe(p.Contents, old.issuer), old: old}, nil
	}
	parsed, err := p.Parse()
	modern, ok := parsed.(*packet.Signature)
	switch {
	case err != nil:
		return nil, fmt.Errorf("its signature cannot be read: %w", err)
	case !ok:
		return nil, errors.New("its signature cannot be read")
	case modern.Version != 4:
		return nil, fmt.Errorf("its signature is of version %d, which a cluster does not read", modern.Version)
	case modern.IssuerKeyId == nil:
		return nil, errors.New("its signature does not say by which key it is")
	}
	return &signature{
		created: modern.CreationTime, issuer: *modern.IssuerKeyId, fingerprint: modern.IssuerFingerprint,
		description: describe(p.Contents, *modern.IssuerKeyId), modern: modern,
	}, nil
}

// signer names the key that a signature claims to be by.
func (s *signature) signer() string {
	if s.fingerprint != nil {
		return fmt.Sprintf("%X", s.fingerprint)
	}
	return fmt.Sprintf("with the id %016X", s.issuer)
}

// verify checks the signature over the body with a key that may sign.
func (s *signature) verify(key *packet.PublicKey, body []byte, now time.Time) error {
	if s.created.Before(key.CreationTime) {
		return fmt.Errorf("it was signed on %s, before the key %s was made", date(s.created), fingerprint(key))
	}
	if s.old != nil {
		return s.old.verify(key, body)
	}
	if err := acceptable(s.modern, now); err != nil {
		return err
	}
	sum, err := s.hash(body)
	if err != nil {
		return err
	}
	if packet.VerifyHashTag(sum, s.modern) != nil { // go-crypto does not look at it in version 4, a cluster does
		return errForged(key)
	}
	if sum, err = s.hash(body); err != nil { // that check used up the first
		return err
	}
	if err := key.VerifySignature(sum, s.modern); err != nil {
		return errForged(key)
	}
	return nil
}

// hash hashes the body as far as a signature of version 4 does not add to it.
func (s *signature) hash(body []byte) (hash.Hash, error) {
	sum, err := s.modern.PrepareVerify()
	if err != nil {
		return nil, fmt.Errorf("its signature cannot be read: %w", err)
	}
	writeBody(sum, s.modern.SigType, body)
	return sum, nil
}

// acceptable checks what a signature says about itself.
func acceptable(s *packet.Signature, now time.Time) error {
	if err := acceptableHash(s.SigType, s.Hash, policy(now)); err != nil {
		return err
	}
	for _, notation := range s.Notations {
		if notation.IsCritical {
			return fmt.Errorf("it carries the critical notation %.80q, which is not known here", notation.Name)
		}
	}
	if len(s.IntendedRecipients) > 0 {
		return errors.New("it names a recipient, although it is not encrypted")
	}
	if s.SigExpired(now) {
		return fmt.Errorf("the signature expired on %s", date(s.CreationTime.Add(time.Duration(*s.SigLifetimeSecs)*time.Second)))
	}
	return nil
}

// acceptableHash refuses what no longer proves anything: somebody may have prepared two documents with one SHA-1. SHA-224 is
// not broken, but less than the SHA-256 that is asked for; go-crypto and a cluster take it.
func acceptableHash(kind packet.SignatureType, sum crypto.Hash, config *packet.Config) error {
	if kind != packet.SigTypeBinary && kind != packet.SigTypeText {
		return fmt.Errorf("its signature is of type %#02x, which is not for documents", uint8(kind))
	}
	if config.RejectMessageHashAlgorithm(sum) || config.RejectHashAlgorithm(sum) || sum == crypto.SHA224 {
		return fmt.Errorf("its signature is over %s, which no longer counts: it has to be signed again with SHA-256 or better", sum)
	}
	return nil
}

// writeBody hashes a document as its signature wants it.
func writeBody(sum hash.Hash, kind packet.SignatureType, body []byte) {
	if kind == packet.SigTypeText {
		sum = v2.NewCanonicalTextHash(sum)
	}
	sum.Write(body)
}

func errForged(key *packet.PublicKey) error {
	return fmt.Errorf("the key %s did not sign this: the signature or what it is over was changed", fingerprint(key))
}
