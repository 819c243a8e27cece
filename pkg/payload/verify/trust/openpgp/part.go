package openpgp

import (
	"bytes"
	"crypto/sha256"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// part is a key, user id or subkey, with the signatures behind it and, of a key, the parts that belong to it.
type part struct {
	*packet.OpaquePacket
	name       partName
	signatures []*packet.OpaquePacket
	parts      []*part
	subkeys    []*part // those of the parts that are subkeys
}

// partName is the same for two copies of one thing, and nothing else has it. Its size is fixed, for every signature is named
// with the part that it stands behind, and a user id may be nearly as long as the keyring.
type partName [sha256.Size]byte

// How a thing is told from others of its type.
const (
	byFingerprint = 'f' // keys and subkeys, where they can be read
	byContents    = 'c'
)

// child names what belongs to a part, or stands behind it; the zero name's children are keys, and signatures that stand alone.
func (n partName) child(tag uint8, how byte, what []byte) partName {
	sum := sha256.New()
	sum.Write(n[:])
	sum.Write([]byte{tag, how})
	sum.Write(what)
	return partName(sum.Sum(nil))
}

// readKey reads a key or subkey; nil is what is neither, or cannot be read.
func readKey(p *packet.OpaquePacket) *packet.PublicKey {
	if p.Tag != tagPublicKey && p.Tag != tagPublicSubkey {
		return nil
	}
	parsed, err := p.Parse()
	key, ok := parsed.(*packet.PublicKey)
	if !ok || err != nil {
		return nil
	}
	return key
}

// revocable is what a revocation of a type may be of: the key, or its subkeys.
func (p *part) revocable(kind packet.SignatureType) []*part {
	if kind == packet.SigTypeKeyRevocation {
		return []*part{p}
	}
	return p.subkeys
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
