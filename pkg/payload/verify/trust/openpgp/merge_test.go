package openpgp

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"strconv"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testsign"
)

// A key that was revoked is revoked, whatever older copies of it the keyring holds, and wherever its revocation stands.
func TestRevokedKeyBesideOlderCopies(t *testing.T) {
	alice, bob := testsign.NewKey(t, "alice"), testsign.NewKey(t, "bob")
	message, old, oldArmored := alice.SignAtomic(t, imageA()), alice.Public(t), testsign.Armored(t, alice)
	alice.Revoked(t, "it leaked")
	revoked, revokedArmored, revocation := alice.Public(t), testsign.Armored(t, alice), alice.Revocation(t)
	alone := testsign.Armor(t, "PGP PUBLIC KEY BLOCK", revocation)
	reason := "the key " + alice.Fingerprint() + ` is revoked ("it leaked")`
	for name, data := range map[string][]byte{
		"older copy first":                 slicesConcat(old, revoked),
		"older copy last":                  slicesConcat(revoked, old),
		"armored, older copy first":        []byte(oldArmored + revokedArmored),
		"armored, older copy last":         []byte(revokedArmored + oldArmored),
		"another key between":              slicesConcat(old, bob.Public(t), revoked),
		"revocation behind the key":        slicesConcat(old, revocation),
		"revocation before the key":        slicesConcat(revocation, old),
		"revocation behind another key":    slicesConcat(old, bob.Public(t), revocation),
		"revocation in a block of its own": []byte(oldArmored + alone),
		"the same, first":                  []byte(alone + oldArmored),
		"everything twice":                 slicesConcat(old, revocation, revoked, revocation, old),
		"gpg's notes about trust between":  slicesConcat(old, testsign.Packet(12, []byte{0, 0}), revocation),
	} {
		t.Run(name, func(t *testing.T) {
			k, err := ParseKeyring("ring", data)
			if err != nil {
				t.Fatal(err)
			}
			check(t, k, message, reason)
			check(t, k.Only([]string{alice.Fingerprint()}), message, reason)
		})
	}
}

func TestRevokedSubkeyBesideOlderCopies(t *testing.T) {
	alice := testsign.NewKey(t, "alice").WithSubkey(t)
	message, old := alice.SignAtomic(t, imageA()), alice.Public(t)
	alice.RevokedSubkey(t, "it leaked")
	revoked, revocation := alice.Public(t), alice.Revocation(t)
	reason := "the subkey " + alice.SubkeyFingerprint() + ` is revoked ("it leaked")`
	for name, data := range map[string][]byte{
		"older copy first": slicesConcat(old, revoked), "older copy last": slicesConcat(revoked, old),
		"revocation behind the key": slicesConcat(old, revocation), "revocation before the key": slicesConcat(revocation, old),
	} {
		t.Run(name, func(t *testing.T) {
			k, err := ParseKeyring("ring", data)
			if err != nil {
				t.Fatal(err)
			}
			check(t, k, message, reason)
		})
	}
}

// What is said of a key counts only when that key says it.
func TestRevocationsOfOthers(t *testing.T) {
	alice, mallory := testsign.NewKey(t, "alice"), testsign.NewKey(t, "mallory").Revoked(t, "never mind")
	k, err := ParseKeyring("ring", slicesConcat(alice.Public(t), mallory.Revocation(t)))
	if err != nil {
		t.Fatal(err)
	}
	check(t, k, alice.SignAtomic(t, imageA()), "")
}

// Copies of a key make one key with all subkeys, in the place of the first copy.
func TestCopiesAreOneKey(t *testing.T) {
	alice, bob := testsign.NewKey(t, "alice"), testsign.NewKey(t, "bob")
	old := alice.Public(t)
	alice.WithSubkey(t)
	for _, data := range [][]byte{slicesConcat(old, bob.Public(t), alice.Public(t)), slicesConcat(alice.Public(t), bob.Public(t), old)} {
		k, err := ParseKeyring("ring", data)
		if err != nil {
			t.Fatal(err)
		}
		want := []Key{{alice.Fingerprint(), "alice <alice@example.com>"}, {bob.Fingerprint(), "bob <bob@example.com>"}}
		if diff := cmp.Diff(want, k.Keys()); diff != "" {
			t.Error(diff)
		}
		if got := check(t, k, alice.SignAtomic(t, imageA()), ""); got.Subkey != alice.SubkeyFingerprint() {
			t.Errorf("signed by the subkey %s", got.Subkey)
		}
	}
}

// Whoever has the same user id as another has it too: two people of one name are two keys.
func TestKeysOfOneUserID(t *testing.T) {
	alice, namesake := testsign.NewKey(t, "alice"), testsign.NewKey(t, "alice", testsign.Another("namesake"))
	if alice.Fingerprint() == namesake.Fingerprint() {
		t.Fatal("it is one key")
	}
	for _, keys := range [][]*testsign.Key{{alice, namesake}, {namesake, alice}} {
		k := ring(t, keys...)
		want := []Key{{keys[0].Fingerprint(), "alice <alice@example.com>"}, {keys[1].Fingerprint(), "alice <alice@example.com>"}}
		if diff := cmp.Diff(want, k.Keys()); diff != "" {
			t.Error(diff)
		}
		for _, key := range keys {
			check(t, k, key.SignAtomic(t, imageA()), "")
		}
	}
}

// What a keyring says twice is kept once, and each revocation is handed once, to nothing but what it may be of.
func TestCopiesAddNothing(t *testing.T) {
	alice := testsign.NewKey(t, "alice").WithSubkey(t).RevokedSubkey(t, "gone").Revoked(t, "gone")
	once := alice.Public(t)
	want, err := merge([][]byte{once})
	if most := len(once) + len(alice.Revocation(t)); err != nil || len(want) != most { // it has two subkeys
		t.Fatalf("%d bytes, want %d (%v)", len(want), most, err)
	}
	for name, blocks := range map[string][][]byte{"in one block": {slicesConcat(once, once, once)}, "in several": {once, once, once}} {
		got, err := merge(blocks)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, want %d (%v)", name, len(got), len(want), err)
		}
	}
}

// Two things are not one because something of one is in the other: what has the contents of a user id and is none, and a
// key that cannot be read, whose contents are another one's fingerprint.
func TestImitationsAreNoCopies(t *testing.T) {
	const name = "2nd user with name" // '2' is how many bytes follow it in the user id, as in an attribute
	const userID = name + " <" + name + "@example.com>"
	alice := testsign.NewKey(t, name)
	var key bytes.Buffer
	if err := alice.Entity.PrimaryKey.Serialize(&key); err != nil {
		t.Fatal(err)
	}
	for name, imitation := range map[string][]byte{
		"a user id":             slicesConcat(key.Bytes(), testsign.Packet(tagUserAttribute, []byte(userID))),
		"a fingerprint":         testsign.Packet(tagPublicKey, alice.Entity.PrimaryKey.Fingerprint),
		"a fingerprint in text": testsign.Packet(tagPublicKey, []byte(alice.Fingerprint())),
	} {
		t.Run(name, func(t *testing.T) {
			k, err := ParseKeyring("ring", slicesConcat(imitation, alice.Public(t)))
			if err != nil {
				t.Fatal(err)
			}
			check(t, k, alice.SignAtomic(t, imageA()), "")
			if got := k.Keys(); len(got) != 1 || got[0].UserID != userID {
				t.Errorf("got %v", got)
			}
		})
	}
}

// A keyring that anybody can write takes memory in proportion to its size, whatever stands behind what.
func TestMemoryOfKeyring(t *testing.T) {
	const packets = 3000
	alice := testsign.NewKey(t, "alice")
	var signatures, userIDs []byte
	for i := range packets {
		signatures = append(signatures, unsigned(packet.SigTypeGenericCert, i, 0)...)
		userIDs = append(userIDs, testsign.Packet(tagUserID, []byte(strconv.Itoa(i)))...)
	}
	long := bytes.Repeat([]byte{99}, 400_000) // no version of a key
	for name, data := range map[string][]byte{
		"a user id":                 slicesConcat(alice.Public(t), testsign.Packet(tagUserID, long), signatures),
		"a picture":                 slicesConcat(alice.Public(t), testsign.Packet(tagUserAttribute, long), signatures),
		"a key that cannot be read": slicesConcat(alice.Public(t), testsign.Packet(tagPublicKey, long), signatures),
		"user ids of such a key":    slicesConcat(alice.Public(t), testsign.Packet(tagPublicKey, long), userIDs),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			k, err := ParseKeyring("ring", data)
			runtime.ReadMemStats(&after)
			if err != nil {
				t.Fatal(err)
			}
			if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 64 {
				t.Errorf("%d kB took %d MB", len(data)>>10, took)
			}
			check(t, k, alice.SignAtomic(t, imageA()), "")
		})
	}
}

// Nobody issues a revocation for the keys that cannot be read, so those of the issuer 0 are none of theirs.
func TestRevocationsAreNotOfUnreadableKeys(t *testing.T) {
	alice := testsign.NewKey(t, "alice")
	data := alice.Public(t)
	for i := range 200 {
		data = append(data, unreadable(tagPublicKey, i)...)
	}
	for i := range 200 {
		data = append(data, unsigned(packet.SigTypeSubkeyRevocation, i, 0)...)
	}
	k, err := ParseKeyring("ring", data)
	if err != nil {
		t.Fatal(err)
	}
	check(t, k, alice.SignAtomic(t, imageA()), "")
}

// Keys that a revocation could be of are counted, even when they have no subkey to hand it to.
func TestKeysOfOneID(t *testing.T) {
	const id = 1
	issuer := uint64(id)
	m := merged{byID: map[uint64][]*part{}}
	r := revoking{&packet.OpaquePacket{}, &packet.Signature{SigType: packet.SigTypeSubkeyRevocation, IssuerKeyId: &issuer}, nil}
	m.revoking = []revoking{r, r}
	for range maxPairs / 2 {
		m.byID[id] = append(m.byID[id], &part{})
	}
	if err := m.revoke(); err != nil {
		t.Errorf("%d pairs: %v", maxPairs, err)
	}
	m.byID[id] = append(m.byID[id], &part{})
	if err := m.revoke(); err == nil {
		t.Errorf("%d pairs were taken", maxPairs+2)
	}
}

// unsigned is a signature by nobody, for each number another one, with padding that nobody hashed.
func unsigned(kind packet.SignatureType, number, padding int) []byte {
	contents := binary.BigEndian.AppendUint32([]byte{4, byte(kind), 1, 8, 0, 6, 5, 2}, uint32(number)) // version, type, RSA, SHA-256, made at
	unhashed := []byte{9, 16, 0, 0, 0, 0, 0, 0, 0, 0}                                                  // issuer 0
	if padding > 0 {
		unhashed = append(binary.BigEndian.AppendUint32(append(unhashed, 255), uint32(1+padding)), 100)
		unhashed = append(unhashed, make([]byte, padding)...)
	}
	contents = append(binary.BigEndian.AppendUint16(contents, uint16(len(unhashed))), unhashed...)
	return testsign.Packet(tagSignature, append(contents, 0, 0, 0, 1, 1))
}

// unreadable is a key of a version that is not known, for each number another one.
func unreadable(tag byte, number int) []byte {
	return testsign.Packet(tag, append([]byte{99, 0, 0, 0, 0, 1}, byte(number), byte(number>>8)))
}

// revocations is a keyring in which every subkey might be what any of the revocations is of.
func revocations(t *testing.T, subkeys, revocations, padding int) string {
	t.Helper()
	data := testsign.NewKey(t, "alice").Public(t)
	for i := range subkeys {
		data = append(data, unreadable(tagPublicSubkey, i)...)
	}
	for i := range revocations {
		data = append(data, unsigned(packet.SigTypeSubkeyRevocation, i, padding)...)
	}
	return string(data)
}
