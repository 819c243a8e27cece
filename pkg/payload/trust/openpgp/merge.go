package openpgp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

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

// maxHanded is how many bytes of revocations are handed to keys that they may be of.
const maxHanded = 4 * MaxKeyring

// merged is a keyring as a program has it that imported it: every key is there once, with all that its copies say of it,
// and with the revocations that stand alone or in the wrong place. A copy that was made before a key was revoked must
// not hide that it is.
type merged struct {
	keys     []*part
	parts    map[string]*part   // all, by name
	byID     map[uint64][]*part // keys
	revoking []revoking
	seen     map[string]bool // signatures, by what they stand behind and their bytes
}

// part is a key, user id or subkey, with the signatures behind it and, of a key, the parts that belong to it.
type part struct {
	*packet.OpaquePacket
	name       string // the same for two copies of one thing
	id         uint64 // of a key; zero when it cannot be read
	signatures []*packet.OpaquePacket
	parts      []*part
}

// revoking is a signature that revokes a key or a subkey.
type revoking struct {
	*packet.OpaquePacket
	parsed *packet.Signature
	behind *part // the key behind which it stands, nil when it stands alone
}

// merge reads the packets of all blocks and writes them again, every key once.
func merge(blocks [][]byte) ([]byte, error) {
	m := merged{parts: map[string]*part{}, byID: map[uint64][]*part{}, seen: map[string]bool{}}
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
	made := &part{OpaquePacket: p}
	made.name, made.id = identify(p)
	if of != nil {
		made.name = of.name + "/" + made.name
	}
	if known := m.parts[made.name]; known != nil {
		return known
	}
	m.parts[made.name] = made
	if of != nil {
		of.parts = append(of.parts, made)
	} else {
		m.keys, m.byID[made.id] = append(m.keys, made), append(m.byID[made.id], made)
	}
	return made
}

// identify names a key by its fingerprint, and everything else by its bytes.
func identify(p *packet.OpaquePacket) (name string, id uint64) {
	if p.Tag == tagPublicKey || p.Tag == tagPublicSubkey {
		parsed, err := p.Parse()
		if key, ok := parsed.(*packet.PublicKey); ok && err == nil {
			return fmt.Sprintf("%d %X", p.Tag, key.Fingerprint), key.KeyId
		}
	}
	return fmt.Sprintf("%d %s", p.Tag, p.Contents), 0
}

// signature keeps a signature that stands behind a part of a key, each once. Revocations wait until all keys are known.
func (m *merged) signature(key, last *part, p *packet.OpaquePacket) {
	place := ""
	if last != nil {
		place = last.name
	}
	id := place + " " + string(p.Contents)
	if m.seen[id] {
		return
	}
	m.seen[id] = true
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
	handed := 0
	for _, r := range m.revoking {
		var keys []*part
		if r.behind != nil {
			keys = append(keys, r.behind)
		}
		if issuer := r.parsed.IssuerKeyId; issuer != nil {
			keys = append(keys, slices.DeleteFunc(slices.Clone(m.byID[*issuer]), func(key *part) bool { return key == r.behind })...)
		}
		for _, key := range keys {
			for _, revoked := range key.revocable(r.parsed.SigType) {
				if handed += len(r.Contents); handed > maxHanded {
					return errors.New("it holds more revocations than are read")
				}
				revoked.signatures = append(revoked.signatures, r.OpaquePacket)
			}
		}
	}
	return nil
}

// revocable is what a revocation of a type may be of: the key, or its subkeys.
func (p *part) revocable(kind packet.SignatureType) []*part {
	if kind == packet.SigTypeKeyRevocation {
		return []*part{p}
	}
	var subkeys []*part
	for _, each := range p.parts {
		if each.Tag == tagPublicSubkey {
			subkeys = append(subkeys, each)
		}
	}
	return subkeys
}

// write writes a part, the signatures behind it, and what belongs to it.
func (p *part) write(out *bytes.Buffer) error {
	for _, each := range append([]*packet.OpaquePacket{p.OpaquePacket}, p.signatures...) {
		if err := each.Serialize(out); err != nil {
			return err
		}
	}
	for _, each := range p.parts {
		if err := each.write(out); err != nil {
			return err
		}
	}
	return nil
}
