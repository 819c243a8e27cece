package openpgp

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/v2"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// MaxKeyring is how many bytes a keyring may have. One key with a hundred signatures of others takes a tenth of it.
const MaxKeyring = 1 << 20

// Keyring is a set of public keys, any one of which suffices. The zero Keyring verifies nothing.
type Keyring struct {
	Name string // for messages: a file, or the field of a ConfigMap

	packets []byte   // merged: go-crypto keeps what it found out in the keys, so they are read again for every Verifier
	limited bool     // only the keys in only count
	only    []string // fingerprints
}

// Key names a key of a keyring.
type Key struct {
	Fingerprint string // of the primary key, upper-case hex: 40 digits for version 4
	UserID      string // the primary one, as it is written; empty when none is valid
}

// ParseKeyring reads a keyring, armored or binary. Several armored blocks one after another are one keyring. A key that is
// in it several times is one key with all that its copies say, and a revocation counts wherever it stands. Anything that
// holds no public key, or a private one, is fault.Usage.
func ParseKeyring(name string, data []byte) (Keyring, error) {
	k := Keyring{Name: name}
	if len(data) > MaxKeyring {
		return Keyring{}, fault.Errorf(fault.Usage, "keyring %s has %d bytes, more than the %d that are read", name, len(data), MaxKeyring)
	}
	blocks, err := binaryBlocks(data)
	if err == nil {
		k.packets, err = merge(blocks)
	}
	if err == nil {
		_, err = k.entities()
	}
	if err != nil {
		return Keyring{}, fault.Errorf(fault.Usage, "keyring %s: %w", name, err)
	}
	return k, nil
}

// Only is the keyring of a release that is not trusted yet, with the keys whose primary key has one of the fingerprints. A fingerprint is computed from
// the key itself, so nothing that is written beside a key makes it another one.
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

// Fingerprints are those of the primary keys, in the order of the keyring. Unlike Keys it computes nothing with the keys, so
// it is safe for those that nobody trusts.
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

// entities reads the keys.
func (k Keyring) entities() (v2.EntityList, error) {
	found, err := v2.ReadKeyRing(bytes.NewReader(k.packets))
	if err != nil {
		return nil, fmt.Errorf("it holds no key that can be read: %w", err)
	}
	if !k.limited {
		if len(found) == 0 {
			return nil, errNoKey
		}
		return found, nil
	}
	return slices.DeleteFunc(found, func(e *v2.Entity) bool { return !slices.Contains(k.only, fingerprint(e.PrimaryKey)) }), nil
}

// binaryBlocks takes the armor off, block by block.
func binaryBlocks(data []byte) ([][]byte, error) {
	const begin, end = "-----BEGIN ", "-----END "
	first := bytes.Index(data, []byte(begin))
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return nil, errNoKey
	case data[0]&0x80 != 0: // every packet begins with this bit, and no text does
		return [][]byte{data}, nil
	case first < 0:
		return nil, fmt.Errorf("%w: it begins with %.20q", errNoKey, data[:min(len(data), 20)])
	}
	var blocks [][]byte
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
		blocks = append(blocks, block)
		next := bytes.Index(after, []byte(begin))
		if next < 0 {
			return blocks, nil
		}
		rest = after[next:]
	}
}

// readBlock takes the armor off one block.
func readBlock(text []byte) ([]byte, error) {
	block, err := armor.Decode(bytes.NewReader(append(text[:len(text):len(text)], '\n')))
	if err != nil {
		return nil, fmt.Errorf("an armored block cannot be read: %w", err)
	}
	switch block.Type {
	case v2.PublicKeyType:
	case v2.PrivateKeyType:
		return nil, fmt.Errorf("it holds a private key: give the public one (gpg --export)")
	default:
		return nil, fmt.Errorf("it holds a %.40q, want a %q", block.Type, v2.PublicKeyType)
	}
	data, err := io.ReadAll(block.Body)
	if err != nil {
		return nil, fmt.Errorf("an armored block cannot be read: %w", err)
	}
	return data, nil
}
