package openpgp

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// oldSignature is a signature packet of version 3 (RFC 4880, section 5.2.2), by an RSA key: it has no lifetime, no
// notations, and nothing unsigned that decides.
type oldSignature struct {
	kind    packet.SignatureType
	created time.Time
	issuer  uint64
	hash    crypto.Hash
	hashed  []byte // what is hashed behind the document: type and time
	tag     []byte // the first two bytes of the hash, which a cluster compares
	value   []byte
}

// oldHeader is how many bytes stand before the number: version, length, type, time, key id, two algorithms, two bytes of
// the hash, the number's length in bits.
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
		return nil, fmt.Errorf("its signature of version 3 is over a hash that is not known here (%d)", data[16])
	}
	if bits := int(binary.BigEndian.Uint16(data[19:])); len(s.value) != (bits+7)/8 {
		return nil, errors.New("its signature of version 3 cannot be read")
	}
	return s, nil
}

// verify checks the signature over a document.
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
	value := make([]byte, public.Size()) // a number loses its leading zeros when it is stored
	copy(value[len(value)-len(s.value):], s.value)
	if !bytes.HasPrefix(digest, s.tag) || rsa.VerifyPKCS1v15(public, s.hash, digest, value) != nil {
		return errForged(key)
	}
	return nil
}
