package openpgp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testsign"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

func TestParseKeyring(t *testing.T) {
	alice, bob := testsign.NewKey(t, "alice"), testsign.NewKey(t, "bob")
	both := []Key{{alice.Fingerprint(), "alice <alice@example.com>"}, {bob.Fingerprint(), "bob <bob@example.com>"}}
	a, b := testsign.Armored(t, alice), testsign.Armored(t, bob)
	tests := []struct {
		name string
		data string
		want []Key
	}{
		{"armored", a, both[:1]},
		{"binary", string(alice.Public(t)), both[:1]},
		{"two in one block", testsign.Armored(t, alice, bob), both},
		{"two blocks", a + b, both},
		{"two binary ones", string(alice.Public(t)) + string(bob.Public(t)), both},
		{"text around", "the key of alice:\n\n" + a + "\nand of bob:\n" + b + "that is all", both},
		{"lines of Windows", strings.ReplaceAll(a+b, "\n", "\r\n"), both},
		{"many revocations", withRevocations(t, 100, 100, 0), both[:1]},
		{"long revocations", withRevocations(t, 40, 2, 60_000), both[:1]},
		{"many packets", string(alice.Public(t)) + strings.Repeat(string(testsign.Packet(12, nil)), maxKeyPackets-5), both[:1]},
		{"no line at the end", strings.TrimSpace(a), both[:1]},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			k, err := ParseKeyring("ring", []byte(test.data))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, k.Keys()); diff != "" {
				t.Error(diff)
			}
			for i, got := range k.Fingerprints() {
				if got != test.want[i].Fingerprint || len(k.Fingerprints()) != len(test.want) {
					t.Errorf("fingerprints %v", k.Fingerprints())
				}
			}
			check(t, k, alice.SignAtomic(t, imageA()), "")
		})
	}
}

func TestParseKeyringRefuses(t *testing.T) {
	alice := testsign.NewKey(t, "alice")
	armored := testsign.Armored(t, alice)
	tests := []struct {
		name, data, reason string
	}{
		{"nothing", " \n", "it holds no public key"},
		{"text", "hello", `it holds no public key: it begins with "hello"`},
		{"private", testsign.Armor(t, "PGP PRIVATE KEY BLOCK", alice.Private(t)), "it holds a private key: give the public one (gpg --export)"},
		{"private in a public block", testsign.Armor(t, "PGP PUBLIC KEY BLOCK", alice.Private(t)), "it holds a private key: give the public one (gpg --export)"},
		{"private, binary", string(alice.Private(t)), "it holds a private key: give the public one (gpg --export)"},
		{"a message", testsign.Armor(t, "PGP MESSAGE", alice.SignAtomic(t, imageA())), `it holds a "PGP MESSAGE", want a "PGP PUBLIC KEY BLOCK"`},
		{"cut off", armored[:len(armored)/2], "an armored block has no end"},
		{"a good block and a broken one", armored + "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!!\n-----END PGP PUBLIC KEY BLOCK-----\n", "an armored block cannot be read: unexpected EOF"},
		{"an empty block", testsign.Armor(t, "PGP PUBLIC KEY BLOCK", nil), "it holds no public key"},
		{"a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "an armored block cannot be read: EOF"},
		{"a message, binary", string(alice.SignAtomic(t, imageA())), "it holds no public key"},
		{"a revocation alone", string(testsign.NewKey(t, "alice").Revoked(t, "gone").Revocation(t)), "it holds no public key"},
		{"cut off, binary", string(alice.Public(t)[:100]), "it holds no key that can be read: unexpected EOF"},
		{"revocations of many subkeys", withRevocations(t, 150, 150, 0), "it holds more revocations than are read"},
		{"many packets", string(alice.Public(t)) + strings.Repeat(string(testsign.Packet(12, nil)), maxKeyPackets), "it has more than 10000 packets"},
		{"many packets in two blocks", armored + strings.Repeat(testsign.Armor(t, "PGP PUBLIC KEY BLOCK", bytes.Repeat(testsign.Packet(12, nil), maxKeyPackets/2)), 2), "it has more than 10000 packets"},
		{"large", strings.Repeat(" ", MaxKeyring+1), "has 1048577 bytes, more than the 1048576 that are read"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseKeyring("ring", []byte(test.data))
			if err == nil || strings.TrimPrefix(strings.TrimPrefix(err.Error(), "keyring ring"), ":") != " "+test.reason || fault.KindOf(err) != fault.Usage {
				t.Errorf("got  %v\nwant keyring ring … %s", err, test.reason)
			}
		})
	}
}

func TestOnly(t *testing.T) {
	alice, mallory := testsign.NewKey(t, "alice"), testsign.NewKey(t, "mallory")
	k := ring(t, mallory, alice)
	only := k.Only([]string{alice.Fingerprint()})
	if diff := cmp.Diff([]Key{{alice.Fingerprint(), "alice <alice@example.com>"}}, only.Keys()); diff != "" {
		t.Error(diff)
	}
	check(t, only, alice.SignAtomic(t, imageA()), "")
	check(t, only, mallory.SignAtomic(t, imageA()), "it is signed by the key "+mallory.Fingerprint()+", which is not in the keyring ring")
	if got := k.Keys(); len(got) != 2 {
		t.Errorf("the keyring itself has changed: %v", got)
	}
	for name, pins := range map[string][]string{"nobody": {}, "nil": nil, "lower case": {strings.ToLower(alice.Fingerprint())}, "the end alone": {alice.Fingerprint()[24:]}} {
		t.Run(name, func(t *testing.T) {
			if got := k.Only(pins).Keys(); got != nil {
				t.Errorf("got %v", got)
			}
		})
	}
	// A subkey's fingerprint pins nothing, because the subkey could be attached to any primary key.
	sub := testsign.NewKey(t, "sub").WithSubkey(t)
	if got := ring(t, sub).Only([]string{sub.SubkeyFingerprint()}).Keys(); got != nil {
		t.Errorf("got %v", got)
	}
	check(t, ring(t, sub).Only([]string{sub.Fingerprint()}), sub.SignAtomic(t, imageA()), "")
}

// The zero keyring and one without a pinned key verify nothing.
func TestEmptyKeyring(t *testing.T) {
	alice := testsign.NewKey(t, "alice")
	want := "it is signed by the key " + alice.Fingerprint() + ", which is not in the keyring "
	check(t, ring(t, alice).Only(nil), alice.SignAtomic(t, imageA()), want+"ring")
	check(t, Keyring{}, alice.SignAtomic(t, imageA()), "it holds no public key")
}

// A keyring may be used for many messages and by several goroutines.
func TestKeyringIsNotChanged(t *testing.T) {
	alice := testsign.NewKey(t, "alice")
	k := ring(t, alice)
	message := alice.SignAtomic(t, imageA())
	early := testsign.Created().Add(-day)
	if _, err := k.Verify(message, imageA(), early); err == nil {
		t.Fatal("signed before the key was made")
	}
	done := make(chan error)
	for range 4 {
		go func() {
			_, err := k.Verify(message, imageA(), testsign.Now())
			done <- err
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// A revocation counts wherever it is in the keyring, and whatever older copies of the key the keyring has.
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

// Only a key itself can revoke it.
func TestRevocationsOfOthers(t *testing.T) {
	alice, mallory := testsign.NewKey(t, "alice"), testsign.NewKey(t, "mallory").Revoked(t, "never mind")
	k, err := ParseKeyring("ring", slicesConcat(alice.Public(t), mallory.Revocation(t)))
	if err != nil {
		t.Fatal(err)
	}
	check(t, k, alice.SignAtomic(t, imageA()), "")
}

// Copies of a key are one key with all subkeys, where the first copy is.
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

// Two keys with the same user ID are two keys.
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

// Packets that resemble a part of a key do not change it: an attribute with the bytes of the user ID, and an unreadable key
// whose bytes are the fingerprint.
func TestImitationsChangeNothing(t *testing.T) {
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

// Memory grows with the size of the keyring, whatever packets follow each other.
func TestMemoryOfKeyring(t *testing.T) {
	const packets = 3000
	alice := testsign.NewKey(t, "alice")
	var signatures, userIDs []byte
	for i := range packets {
		signatures = append(signatures, unsigned(packet.SigTypeGenericCert, i, 0, 0)...)
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

// unsigned is a signature that nobody made, another one for each number, with padding in its unhashed part.
func unsigned(kind packet.SignatureType, number int, issuer uint64, padding int) []byte {
	contents := binary.BigEndian.AppendUint32([]byte{4, byte(kind), 1, 8, 0, 6, 5, 2}, uint32(number)) // version, type, RSA, SHA-256, made at
	unhashed := binary.BigEndian.AppendUint64([]byte{9, 16}, issuer)
	if padding > 0 {
		unhashed = append(binary.BigEndian.AppendUint32(append(unhashed, 255), uint32(1+padding)), 100)
		unhashed = append(unhashed, make([]byte, padding)...)
	}
	contents = append(binary.BigEndian.AppendUint16(contents, uint16(len(unhashed))), unhashed...)
	return testsign.Packet(tagSignature, append(contents, 0, 0, 0, 1, 1))
}

// withRevocations is a keyring in which each revocation may be of each of the subkeys.
func withRevocations(t *testing.T, subkeys, revocations, padding int) string {
	t.Helper()
	alice := crowded(t, testsign.NewKey(t, "alice"), subkeys-1) // it has a subkey for encryption
	data := alice.Public(t)
	for i := range revocations {
		data = append(data, unsigned(packet.SigTypeSubkeyRevocation, i, alice.ID(), padding)...)
	}
	return string(data)
}

// crowded adds subkeys that the key never bound, as an attacker would who wants the keyring to cost time.
func crowded(t testing.TB, key *testsign.Key, subkeys int) *testsign.Key {
	t.Helper()
	thief := testsign.NewKey(t, "thief")
	for range subkeys {
		key.WithSubkeyOf(thief.WithSubkey(t))
	}
	return key
}

// A keyring of a release that is not trusted yet costs a limited number of verifications.
func TestOnlyLimitsSignatures(t *testing.T) {
	alice := testsign.NewKey(t, "alice")
	message := alice.SignAtomic(t, imageA())
	only := []string{alice.Fingerprint()}
	few, many := ring(t, crowded(t, testsign.NewKey(t, "alice"), 100)), ring(t, crowded(t, testsign.NewKey(t, "alice"), maxSelfSignatures))
	check(t, few.Only(only), message, "")
	check(t, many, message, "") // the user chose it
	n := selfSignatures(many.At(testsign.Now()).entities)
	check(t, many.Only(only), message,
		fmt.Sprintf("the keys in the keyring ring carry %d signatures, more than the 500 that are checked: name a copy of the keys with --keyring", n))
	if n <= maxSelfSignatures {
		t.Errorf("it carries %d", n)
	}
	check(t, many.Only(nil), message, "it is signed by the key "+alice.Fingerprint()+", which is not in the keyring ring")
}

// Only the subkey that signed is verified, and no signature twice.
func TestVerifierVerifiesWhatItNeedsOnce(t *testing.T) {
	alice := testsign.NewKey(t, "alice")
	message := alice.SignAtomic(t, imageA())
	v := ring(t, crowded(t, testsign.NewKey(t, "alice"), 3)).At(testsign.Now())
	var results []*bool
	for range 2 {
		if _, err := v.Verify(message, imageA()); err != nil {
			t.Fatal(err)
		}
		for _, identity := range v.entities[0].Identities {
			results = append(results, identity.SelfCertifications[0].Valid)
		}
		if subkeys := v.entities[0].Subkeys; len(subkeys) != 4 { // its own, for encryption, and the forged ones
			t.Fatalf("%d subkeys", len(subkeys))
		}
		for _, sub := range v.entities[0].Subkeys {
			if sub.Bindings[0].Valid != nil {
				t.Errorf("the subkey %X was verified", sub.PublicKey.Fingerprint)
			}
		}
	}
	if len(results) != 2 || results[0] == nil || results[0] != results[1] {
		t.Errorf("what is results of the key was found out twice: %v", results)
	}
}
