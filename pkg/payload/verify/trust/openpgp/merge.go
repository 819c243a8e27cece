package openpgp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// The packet types of keys, beside those of messages (RFC 9580, section 5).
const (
	tagSecretKey     = 5
	tagSecretSubkey  = 7
	tagUserID        = 13
	tagPublicSubkey  = 14
	tagUserAttribute = 17
)

// What a keyring may cost: one that a release brings is read before any of its keys is trusted.
const (
	// maxKeyPackets is how many packets a keyring may have: more than real ones of MaxKeyring bytes have, as even a
	// signature by Ed25519 takes a hundred bytes and more.
	maxKeyPackets = 10000
	// maxPairs is how many pairs of a revocation and a key or subkey that it may be of are looked at: enough for a key
	// with a hundred subkeys that are all revoked.
	maxPairs = 1 << 14
	// maxHanded is how many bytes of revocations are handed to keys that they may be of.
	maxHanded = 4 * MaxKeyring
)

// merged is a keyring as a program has it that imported it: every key is there once, with all that its copies say of it,
// and with the revocations that stand alone or in the wrong place. A copy that was made before a key was revoked must
// not hide that it is.
type merged struct {
	keys     []*part
	parts    map[partName]*part
	byID     map[uint64][]*part // the keys that can be read
	revoking []revoking
	seen     map[partName]struct{} // signatures
	packets  int                   // how many were read
}

// revoking is a signature that revokes a key or a subkey.
type revoking struct {
	*packet.OpaquePacket
	parsed *packet.Signature
	behind *part // the key behind which it stands, nil when it stands alone
}

// merge reads the packets of all blocks and writes them again, every key once.
func merge(blocks [][]byte) ([]byte, error) {
	m := merged{parts: map[partName]*part{}, byID: map[uint64][]*part{}, seen: map[partName]struct{}{}}
	for _, block := range blocks {
		if err := m.read(block); err != nil {
			return nil, err
		}
	}
	if len(m.keys) == 0 {
		return nil, errNoKey
	}
	if err := m.revoke(); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, key := range m.keys {
		if err := key.write(&out); err != nil {
			return nil, fmt.Errorf("it holds a key that cannot be read: %w", err)
		}
	}
	return out.Bytes(), nil
}

// read takes the packets of a block. Those that say nothing of keys, such as gpg's notes about trust, are left out.
func (m *merged) read(block []byte) error {
	var key, last *part // none at the beginning of a block
	for reader := packet.NewOpaqueReader(bytes.NewReader(block)); ; {
		p, err := reader.Next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("it holds no key that can be read: %w", err)
		}
		if m.packets++; m.packets > maxKeyPackets {
			return fmt.Errorf("it has more than %d packets", maxKeyPackets)
		}
		switch p.Tag {
		case tagSecretKey, tagSecretSubkey:
			return errors.New("it holds a private key: give the public one (gpg --export)")
		case tagPublicKey:
			key = m.part(nil, p)
			last = key
		case tagPublicSubkey, tagUserID, tagUserAttribute:
			if key != nil {
				last = m.part(key, p)
			}
		case tagSignature:
			m.signature(key, last, p)
		}
	}
}

// part gives what a packet is a copy of, or makes it: of a key, or a key itself.
func (m *merged) part(of *part, p *packet.OpaquePacket) *part {
	var parent partName
	if of != nil {
		parent = of.name
	}
	made, read := &part{OpaquePacket: p}, readKey(p)
	if read != nil {
		made.name = parent.child(p.Tag, byFingerprint, read.Fingerprint)
	} else {
		made.name = parent.child(p.Tag, byContents, p.Contents)
	}
	if known := m.parts[made.name]; known != nil {
		return known
	}
	m.parts[made.name] = made
	if of == nil {
		m.keys = append(m.keys, made)
		if read != nil {
			m.byID[read.KeyId] = append(m.byID[read.KeyId], made)
		}
		return made
	}
	of.parts = append(of.parts, made)
	if p.Tag == tagPublicSubkey {
		of.subkeys = append(of.subkeys, made)
	}
	return made
}

// signature keeps a signature that stands behind a part of a key, each once. Revocations wait until all keys are known.
func (m *merged) signature(key, last *part, p *packet.OpaquePacket) {
	var place partName
	if last != nil {
		place = last.name
	}
	id := place.child(p.Tag, byContents, p.Contents)
	if _, seen := m.seen[id]; seen {
		return
	}
	m.seen[id] = struct{}{}
	parsed, err := p.Parse()
	s, ok := parsed.(*packet.Signature)
	switch {
	case err == nil && ok && (s.SigType == packet.SigTypeKeyRevocation || s.SigType == packet.SigTypeSubkeyRevocation):
		m.revoking = append(m.revoking, revoking{p, s, key})
	case last != nil:
		last.signatures = append(last.signatures, p)
	}
}

// revoke hands every revocation to the keys that it may be of: that behind which it stands, and those that have the id of
// its issuer, of which there are several when two keys share one. Whose it is, go-crypto finds out by computing.
func (m *merged) revoke() error {
	pairs, handed := 0, 0
	for _, r := range m.revoking {
		for key := range m.concerned(r) {
			revocable := key.revocable(r.parsed.SigType)
			pairs += 1 + len(revocable)
			handed += len(revocable) * len(r.Contents)
			if pairs > maxPairs || handed > maxHanded {
				return errors.New("it holds more revocations than are read")
			}
			for _, revoked := range revocable {
				revoked.signatures = append(revoked.signatures, r.OpaquePacket)
			}
		}
	}
	return nil
}

// concerned are the keys that a revocation may be of, or of whose subkeys, each once.
func (m *merged) concerned(r revoking) iter.Seq[*part] {
	return func(yield func(*part) bool) {
		if r.behind != nil && !yield(r.behind) || r.parsed.IssuerKeyId == nil {
			return
		}
		for _, key := range m.byID[*r.parsed.IssuerKeyId] {
			if key != r.behind && !yield(key) {
				return
			}
		}
	}
}
