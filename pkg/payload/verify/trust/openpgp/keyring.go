package openpgp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/ProtonMail/go-crypto/openpgp/v2"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// MaxKeyring is how many bytes a keyring may have. A key with a hundred signatures of other people needs a tenth of it.
const MaxKeyring = 1 << 20

// Limits of what reading a keyring may cost. A release brings keyrings that are read before any of their keys is trusted.
const (
	// maxKeyPackets is more than a real keyring of MaxKeyring bytes has: even an Ed25519 signature takes a hundred bytes.
	maxKeyPackets = 10000
	// maxPairs limits the pairs of a revocation and a key or subkey that it may revoke. A key with a hundred revoked
	// subkeys stays below it.
	maxPairs = 1 << 14
	// maxSelfSignatures limits the signatures that go-crypto may have to verify for the keys of a Keyring made by Only.
	// Real release keys have fewer than ten.
	maxSelfSignatures = 500
)

// The packet types of keys (RFC 9580, section 5); those of messages are in message.go.
const (
	tagSecretKey     = 5
	tagPublicKey     = 6
	tagSecretSubkey  = 7
	tagUserID        = 13
	tagPublicSubkey  = 14
	tagUserAttribute = 17
)

var errNoKey = errors.New("it holds no public key")

// Keyring is a set of public keys, any one of which suffices. The zero Keyring verifies nothing.
type Keyring struct {
	Name string // for messages: a file, or the field of a ConfigMap

	packets []byte   // not v2.EntityList: go-crypto stores results in the keys, so every Verifier parses its own
	limited bool     // only the keys in only count
	only    []string // fingerprints
}

// Key names a key of a keyring.
type Key struct {
	Fingerprint string // of the primary key, upper-case hex: 40 digits for version 4
	UserID      string // the primary one, verbatim; empty when none is valid
}

// ParseKeyring reads a keyring, armored or binary. Several armored blocks in a row are one keyring. Copies of a key count
// as one key with everything that its copies say, so a keyring with one revoked copy refuses the key, wherever in the
// keyring the revocation is. A keyring without a public key or with a private key is fault.Usage.
func ParseKeyring(name string, data []byte) (Keyring, error) {
	k := Keyring{Name: name}
	if len(data) > MaxKeyring {
		return Keyring{}, fault.Errorf(fault.Usage, "keyring %s has %d bytes, more than the %d that are read", name, len(data), MaxKeyring)
	}
	binary, err := removeArmor(data)
	if err == nil {
		k.packets, err = keyPackets(binary)
	}
	if err == nil {
		_, err = k.entities()
	}
	if err != nil {
		return Keyring{}, fault.Errorf(fault.Usage, "keyring %s: %w", name, err)
	}
	return k, nil
}

// Only returns the keyring without the keys whose primary key has none of the fingerprints. It is for the keyring of a
// release that is not trusted yet: the fingerprint is computed from the key, so no text beside the key can forge it.
func (k Keyring) Only(fingerprints []string) Keyring {
	k.limited, k.only = true, slices.Clone(fingerprints)
	return k
}

// Keys names the keys, in the order of the keyring.
func (k Keyring) Keys() []Key {
	entities, err := k.entities()
	if err != nil {
		return nil
	}
	var keys []Key
	for _, e := range entities {
		keys = append(keys, Key{Fingerprint: fingerprint(e.PrimaryKey), UserID: userID(e, time.Time{})})
	}
	return keys
}

// Fingerprints are those of the primary keys, in the order of the keyring. Unlike Keys it verifies no signatures, so it is
// cheap even for keys that nobody trusts.
func (k Keyring) Fingerprints() []string {
	entities, err := k.entities()
	if err != nil {
		return nil
	}
	var all []string
	for _, e := range entities {
		all = append(all, fingerprint(e.PrimaryKey))
	}
	return all
}

// entities parses the keys, each once and with all revocations that may be of it.
func (k Keyring) entities() (v2.EntityList, error) {
	copies, err := v2.ReadKeyRing(bytes.NewReader(k.packets))
	switch {
	case err != nil:
		return nil, fmt.Errorf("it holds no key that can be read: %w", err)
	case len(copies) == 0 && !k.limited:
		return nil, errNoKey
	}
	keys := mergeCopies(copies)
	if err := addRevocations(keys, k.packets); err != nil {
		return nil, err
	}
	if k.limited {
		keys = slices.DeleteFunc(keys, func(e *v2.Entity) bool { return !slices.Contains(k.only, fingerprint(e.PrimaryKey)) })
	}
	return keys, nil
}

// mergeCopies makes one entity of all copies of a key. An old copy must not hide that the key was revoked or changed since.
func mergeCopies(copies v2.EntityList) v2.EntityList {
	var keys v2.EntityList
	byFingerprint := map[string]*v2.Entity{}
	for _, e := range copies {
		if first := byFingerprint[string(e.PrimaryKey.Fingerprint)]; first != nil {
			mergeInto(first, e)
			continue
		}
		byFingerprint[string(e.PrimaryKey.Fingerprint)] = e
		keys = append(keys, e)
	}
	return keys
}

func mergeInto(first, other *v2.Entity) {
	first.Revocations = append(first.Revocations, other.Revocations...)
	first.DirectSignatures = append(first.DirectSignatures, other.DirectSignatures...)
	for name, identity := range other.Identities {
		if same := first.Identities[name]; same != nil {
			same.SelfCertifications = append(same.SelfCertifications, identity.SelfCertifications...)
			same.Revocations = append(same.Revocations, identity.Revocations...)
			continue
		}
		identity.Primary = first
		first.Identities[name] = identity
	}
	for _, sub := range other.Subkeys {
		i := slices.IndexFunc(first.Subkeys, func(s v2.Subkey) bool { return bytes.Equal(s.PublicKey.Fingerprint, sub.PublicKey.Fingerprint) })
		if i < 0 {
			sub.Primary = first
			first.Subkeys = append(first.Subkeys, sub)
			continue
		}
		first.Subkeys[i].Bindings = append(first.Subkeys[i].Bindings, sub.Bindings...)
		first.Subkeys[i].Revocations = append(first.Subkeys[i].Revocations, sub.Revocations...)
	}
}

// addRevocations adds every revocation to the keys and subkeys that it may be of. go-crypto reads revocations in their
// proper place only, while gpg writes revocation certificates that stand alone. It verifies them when a key is used.
func addRevocations(keys v2.EntityList, packets []byte) error {
	pairs := 0
	return eachPacket(packets, func(p *packet.OpaquePacket) error {
		if p.Tag != tagSignature {
			return nil
		}
		parsed, err := p.Parse()
		s, ok := parsed.(*packet.Signature)
		if err != nil || !ok || s.SigType != packet.SigTypeKeyRevocation && s.SigType != packet.SigTypeSubkeyRevocation {
			return nil
		}
		for _, e := range keys {
			if !s.CheckKeyIdOrFingerprint(e.PrimaryKey) {
				continue
			}
			if s.SigType == packet.SigTypeKeyRevocation {
				e.Revocations = append(e.Revocations, packet.NewVerifiableSig(s))
				continue
			}
			if pairs += len(e.Subkeys); pairs > maxPairs {
				return errors.New("it holds more revocations than are read")
			}
			for i := range e.Subkeys {
				e.Subkeys[i].Revocations = append(e.Subkeys[i].Revocations, packet.NewVerifiableSig(s))
			}
		}
		return nil
	})
}

// keyPackets copies the packets that go-crypto needs. It leaves out gpg's trust packets, which go-crypto takes for the end of
// a user ID, and refuses private keys.
func keyPackets(data []byte) ([]byte, error) {
	var out bytes.Buffer
	count, hasKey := 0, false
	err := eachPacket(data, func(p *packet.OpaquePacket) error {
		if count++; count > maxKeyPackets {
			return fmt.Errorf("it has more than %d packets", maxKeyPackets)
		}
		hasKey = hasKey || p.Tag == tagPublicKey
		switch p.Tag {
		case tagSecretKey, tagSecretSubkey:
			return errPrivateKey
		case tagPublicKey, tagPublicSubkey, tagUserID, tagUserAttribute, tagSignature:
			return p.Serialize(&out)
		}
		return nil
	})
	if err == nil && !hasKey {
		err = errNoKey
	}
	return out.Bytes(), err
}

func eachPacket(data []byte, visit func(*packet.OpaquePacket) error) error {
	for reader := packet.NewOpaqueReader(bytes.NewReader(data)); ; {
		p, err := reader.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("it holds no key that can be read: %w", err)
		}
		if err := visit(p); err != nil {
			return err
		}
	}
}

var errPrivateKey = errors.New("it holds a private key: give the public one (gpg --export)")

// removeArmor returns the packets of all armored blocks, or data itself when it is binary.
func removeArmor(data []byte) ([]byte, error) {
	const begin, end = "-----BEGIN ", "-----END "
	first := bytes.Index(data, []byte(begin))
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return nil, errNoKey
	case data[0]&0x80 != 0: // the first byte of every packet has this bit, and text has not
		return data, nil
	case first < 0:
		return nil, fmt.Errorf("%w: it begins with %.20q", errNoKey, data[:min(len(data), 20)])
	}
	var binary []byte
	for rest := data[first:]; ; {
		stop := bytes.Index(rest, []byte(end))
		if stop < 0 {
			return nil, fmt.Errorf("an armored block has no end")
		}
		after := rest[stop+len(end):]
		line, _, _ := bytes.Cut(after, []byte("\n"))
		block, err := readBlock(rest[:stop+len(end)+len(line)])
		if err != nil {
			return nil, err
		}
		binary = append(binary, block...)
		next := bytes.Index(after, []byte(begin))
		if next < 0 {
			return binary, nil
		}
		rest = after[next:]
	}
}

func readBlock(text []byte) ([]byte, error) {
	block, err := armor.Decode(bytes.NewReader(append(text[:len(text):len(text)], '\n')))
	if err != nil {
		return nil, fmt.Errorf("an armored block cannot be read: %w", err)
	}
	switch block.Type {
	case v2.PublicKeyType:
	case v2.PrivateKeyType:
		return nil, errPrivateKey
	default:
		return nil, fmt.Errorf("it holds a %.40q, want a %q", block.Type, v2.PublicKeyType)
	}
	data, err := io.ReadAll(block.Body)
	if err != nil {
		return nil, fmt.Errorf("an armored block cannot be read: %w", err)
	}
	return data, nil
}
