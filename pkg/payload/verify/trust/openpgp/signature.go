package openpgp

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/ProtonMail/go-crypto/openpgp/v2"
)

// signature is a signature packet. Either modern or old is set.
type signature struct {
	created     time.Time
	issuer      uint64 // key id
	fingerprint []byte // of the issuer; nil when the packet does not say
	header      signatureHeader

	modern *packet.Signature // version 4 and newer
	old    *oldSignature     // version 3
}

func readSignature(p *packet.OpaquePacket) (*signature, error) {
	if len(p.Contents) > 0 && (p.Contents[0] == 2 || p.Contents[0] == 3) {
		old, err := readOldSignature(p.Contents)
		if err != nil {
			return nil, err
		}
		return &signature{created: old.created, issuer: old.issuer, header: readHeader(p.Contents, old.issuer), old: old}, nil
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
		header: readHeader(p.Contents, *modern.IssuerKeyId), modern: modern,
	}, nil
}

// signer names the key that made the signature, by the signature itself.
func (s *signature) signer() string {
	if s.fingerprint != nil {
		return fmt.Sprintf("%X", s.fingerprint)
	}
	return fmt.Sprintf("with the id %016X", s.issuer)
}

// verify checks the signature over the body; key is one that may sign.
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
	if packet.VerifyHashTag(sum, s.modern) != nil { // a cluster checks the tag; go-crypto does not for version 4
		return errForged(key)
	}
	if sum, err = s.hash(body); err != nil { // VerifyHashTag has changed the first one
		return err
	}
	if err := key.VerifySignature(sum, s.modern); err != nil {
		return errForged(key)
	}
	return nil
}

// hash hashes the body for a signature of version 4, which adds bytes of its own later.
func (s *signature) hash(body []byte) (hash.Hash, error) {
	sum, err := s.modern.PrepareVerify()
	if err != nil {
		return nil, fmt.Errorf("its signature cannot be read: %w", err)
	}
	writeBody(sum, s.modern.SigType, body)
	return sum, nil
}

// acceptable checks the properties in the signature packet.
func acceptable(s *packet.Signature, now time.Time) error {
	if err := acceptableHash(s.SigType, s.Hash, policy(now)); err != nil {
		return err
	}
	for _, notation := range s.Notations {
		if notation.IsCritical {
			return fmt.Errorf("it carries the critical notation %.80q, which this program does not know", notation.Name)
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

// acceptableHash refuses hashes for which two documents with the same hash can be made, such as SHA-1. It also
// refuses SHA-224, which go-crypto and clusters accept: it is not broken, but weaker than SHA-256.
func acceptableHash(kind packet.SignatureType, sum crypto.Hash, config *packet.Config) error {
	if kind != packet.SigTypeBinary && kind != packet.SigTypeText {
		return fmt.Errorf("its signature is of type %#02x, which is not for documents", uint8(kind))
	}
	if config.RejectMessageHashAlgorithm(sum) || config.RejectHashAlgorithm(sum) || sum == crypto.SHA224 {
		return fmt.Errorf("its signature is over %s, which is no longer accepted: it has to be signed again with SHA-256 or better", sum)
	}
	return nil
}

// writeBody writes the document to the hash, with CRLF line ends for a signature of text.
func writeBody(sum hash.Hash, kind packet.SignatureType, body []byte) {
	if kind == packet.SigTypeText {
		sum = v2.NewCanonicalTextHash(sum)
	}
	sum.Write(body)
}

func errForged(key *packet.PublicKey) error {
	return fmt.Errorf("the key %s did not sign this: the signature or what it is over was changed", fingerprint(key))
}

// oldSignature is a signature packet of version 3 by an RSA key (RFC 4880, section 5.2.2). It has no lifetime and no
// notations.
type oldSignature struct {
	kind    packet.SignatureType
	created time.Time
	issuer  uint64
	hash    crypto.Hash
	hashed  []byte // is hashed after the document: type and time
	tag     []byte // the first two bytes of the hash, which a cluster compares
	value   []byte
}

// oldHeader is the size of a packet before the RSA number: version, length, type, time, key id, two algorithms, two bytes
// of the hash, and the number's length in bits.
const oldHeader = 1 + 1 + 5 + 8 + 1 + 1 + 2 + 2

// readOldSignature reads a packet whose version is 2 or 3.
func readOldSignature(data []byte) (*oldSignature, error) {
	if len(data) < oldHeader || data[1] != 5 {
		return nil, errors.New("its signature of version 3 cannot be read")
	}
	s := &oldSignature{
		kind:    packet.SignatureType(data[2]),
		created: time.Unix(int64(binary.BigEndian.Uint32(data[3:])), 0),
		issuer:  binary.BigEndian.Uint64(data[7:]),
		hashed:  data[2:7],
		tag:     data[17:19],
		value:   data[oldHeader:],
	}
	if algorithm := packet.PublicKeyAlgorithm(data[15]); algorithm != packet.PubKeyAlgoRSA && algorithm != packet.PubKeyAlgoRSASignOnly {
		return nil, fmt.Errorf("its signature of version 3 is not by an RSA key (algorithm %d)", algorithm)
	}
	// RFC 4880, section 9.4.
	hashes := map[byte]crypto.Hash{1: crypto.MD5, 2: crypto.SHA1, 8: crypto.SHA256, 9: crypto.SHA384, 10: crypto.SHA512, 11: crypto.SHA224}
	if s.hash = hashes[data[16]]; s.hash == 0 {
		return nil, fmt.Errorf("its signature of version 3 is over an unknown hash (%d)", data[16])
	}
	if bits := int(binary.BigEndian.Uint16(data[19:])); len(s.value) != (bits+7)/8 {
		return nil, errors.New("its signature of version 3 cannot be read")
	}
	return s, nil
}

// verify checks the signature over the body.
func (s *oldSignature) verify(key *packet.PublicKey, body []byte) error {
	if err := acceptableHash(s.kind, s.hash, policy(time.Time{})); err != nil {
		return err
	}
	public, ok := key.PublicKey.(*rsa.PublicKey)
	if !ok || len(s.value) > public.Size() {
		return errForged(key)
	}
	sum := s.hash.New()
	writeBody(sum, s.kind, body)
	sum.Write(s.hashed)
	digest := sum.Sum(nil)
	value := make([]byte, public.Size()) // a number is stored without leading zeros
	copy(value[len(value)-len(s.value):], s.value)
	if !bytes.HasPrefix(digest, s.tag) || rsa.VerifyPKCS1v15(public, s.hash, digest, value) != nil {
		return errForged(key)
	}
	return nil
}
