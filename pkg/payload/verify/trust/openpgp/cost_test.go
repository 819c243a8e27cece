package openpgp

import (
	"fmt"
	"testing"

	"github.com/release-x/oc-release-x/internal/testsign"
)

// crowded hangs subkeys on a key that it never bound, as somebody does who wants a release's keyring to cost time.
func crowded(t testing.TB, key *testsign.Key, subkeys int) *testsign.Key {
	t.Helper()
	thief := testsign.NewKey(t, "thief")
	for range subkeys {
		key.WithSubkeyOf(thief.WithSubkey(t))
	}
	return key
}

// Nobody trusts what hangs on a key that a release brings before it was computed with.
func TestLimitedKeyringIsBounded(t *testing.T) {
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

// Only the subkey that signed is verified, and nothing twice.
func TestVerifierVerifiesWhatItNeedsOnce(t *testing.T) {
	alice := testsign.NewKey(t, "alice")
	message := alice.SignAtomic(t, imageA())
	v := ring(t, crowded(t, testsign.NewKey(t, "alice"), 3)).At(testsign.Now())
	var known []*bool
	for range 2 {
		if _, err := v.Verify(message, imageA()); err != nil {
			t.Fatal(err)
		}
		for _, identity := range v.entities[0].Identities {
			known = append(known, identity.SelfCertifications[0].Valid)
		}
		if subkeys := v.entities[0].Subkeys; len(subkeys) != 4 { // its own, for encryption, and the strangers'
			t.Fatalf("%d subkeys", len(subkeys))
		}
		for _, sub := range v.entities[0].Subkeys {
			if sub.Bindings[0].Valid != nil {
				t.Errorf("the subkey %X was verified", sub.PublicKey.Fingerprint)
			}
		}
	}
	if len(known) != 2 || known[0] == nil || known[0] != known[1] {
		t.Errorf("what is known of the key was found out twice: %v", known)
	}
}
