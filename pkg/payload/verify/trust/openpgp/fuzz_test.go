package openpgp

import (
	"testing"

	"github.com/release-x/oc-release-x/internal/testsign"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/simplesigning"
)

// A message that is accepted has a document about the wanted image and was signed by a key of the keyring. The fuzzer cannot
// sign one, because only the seeds know a private key.
func FuzzSignatureMessage(f *testing.F) {
	alice := testsign.NewKey(f, "alice")
	k := ring(f, alice)
	m := testsign.Message{Body: body()}
	for _, seed := range [][]byte{
		alice.Sign(f, m),
		alice.Sign(f, testsign.Message{Body: body(), Compress: true}),
		alice.Sign(f, testsign.Message{Body: body(), Text: true}),
		alice.Signature(f, m),
		testsign.Literal(body()),
		testsign.NewKey(f, "mallory").Sign(f, m),
		testsign.Join(f, m, testsign.Packet(2, make([]byte, 40))),
		testsign.Join(f, m, testsign.Packet(2, append([]byte{3, 5, 0, 0, 0, 0, 0}, make([]byte, 40)...))),
		{0xa3, 1}, // compressed, of unknown length, as gpg begins
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		signed, err := k.Verify(data, imageA(), testsign.Now())
		if err != nil {
			if signed != (Signed{}) {
				t.Errorf("a refusal came with %+v", signed)
			}
			return
		}
		if signed.Key.Fingerprint != alice.Fingerprint() || signed.Document.Digest != imageA() || !signed.Time.Equal(testsign.Signed()) {
			t.Errorf("accepted %+v", signed)
		}
		message, err := readMessage(data)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := simplesigning.Parse(message.body, simplesigning.Atomic); err != nil {
			t.Errorf("accepted a document that Parse refuses: %v", err)
		}
	})
}

// Only leaves no key with another fingerprint, and messages by other keys do not pass.
func FuzzKeyring(f *testing.F) {
	alice, mallory := testsign.NewKey(f, "alice"), testsign.NewKey(f, "mallory")
	sub, thief := testsign.NewKey(f, "alice"), testsign.NewKey(f, "thief").WithSubkey(f)
	sub.WithSubkeyOf(thief)
	for _, seed := range [][]byte{
		alice.Public(f), mallory.Public(f), sub.Public(f),
		[]byte(testsign.Armored(f, alice, mallory)),
		[]byte(testsign.Armored(f, alice) + testsign.Armored(f, mallory)),
		testsign.NewKey(f, "alice").Revoked(f, "gone").Public(f),
		append(alice.Public(f), testsign.NewKey(f, "alice").Revoked(f, "gone").Revocation(f)...),
		append(sub.Public(f), sub.Public(f)...),
		alice.Private(f), []byte("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n-----END "),
	} {
		f.Add(seed)
	}
	foreign := mallory.SignAtomic(f, imageA())
	stolen := thief.SignAtomic(f, imageA())
	f.Fuzz(func(t *testing.T, data []byte) {
		k, err := ParseKeyring("fuzz", data)
		if err != nil {
			return
		}
		if len(k.Keys()) == 0 {
			t.Error("a keyring without a key was taken")
		}
		known := k.Only([]string{alice.Fingerprint()})
		for _, key := range known.Keys() {
			if key.Fingerprint != alice.Fingerprint() {
				t.Errorf("%s is left", key.Fingerprint)
			}
		}
		for _, message := range [][]byte{foreign, stolen} {
			if signed, err := known.Verify(message, imageA(), testsign.Now()); err == nil {
				t.Errorf("accepted %+v", signed)
			}
		}
	})
}
