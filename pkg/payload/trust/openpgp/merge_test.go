package openpgp

import (
	"testing"

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

// manyRevocations is a keyring of some 300 kB in which every subkey might be what any of the revocations is of.
func manyRevocations(t *testing.T) string {
	t.Helper()
	alice := testsign.NewKey(t, "alice").WithSubkey(t).RevokedSubkey(t, "gone")
	data, revocation := alice.Public(t), alice.Revocation(t)
	for i := range 1000 {
		data = append(data, testsign.Packet(tagPublicSubkey, []byte{byte(i), byte(i >> 8)})...)
		data = append(data, revocation...)
	}
	return string(data)
}
