package openpgp

import (
	"bytes"
	"strings"
	"testing"

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
		{"many revocations", revocations(t, 100, 100, 0), both[:1]},
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
		{"revocations of many subkeys", revocations(t, 150, 150, 0), "it holds more revocations than are read"},
		{"long revocations", revocations(t, 40, 2, 60_000), "it holds more revocations than are read"},
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
	// A subkey's fingerprint pins nothing: it would be pinned with whatever primary key it hangs on.
	sub := testsign.NewKey(t, "sub").WithSubkey(t)
	if got := ring(t, sub).Only([]string{sub.SubkeyFingerprint()}).Keys(); got != nil {
		t.Errorf("got %v", got)
	}
	check(t, ring(t, sub).Only([]string{sub.Fingerprint()}), sub.SignAtomic(t, imageA()), "")
}

// The zero keyring and one without a known key verify nothing.
func TestEmptyKeyring(t *testing.T) {
	alice := testsign.NewKey(t, "alice")
	want := "it is signed by the key " + alice.Fingerprint() + ", which is not in the keyring "
	check(t, ring(t, alice).Only(nil), alice.SignAtomic(t, imageA()), want+"ring")
	check(t, Keyring{}, alice.SignAtomic(t, imageA()), "it holds no public key")
}

// A keyring may be used for many messages, and by several at a time.
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
