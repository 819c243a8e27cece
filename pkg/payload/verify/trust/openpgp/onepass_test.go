package openpgp

import (
	"bytes"
	"testing"

	"github.com/release-x/oc-release-x/internal/testsign"
)

// A cluster chooses key and hash by the one-pass packet, so a message whose one-pass packet differs from its signature is none
// that a cluster verifies.
func TestRefusesAnotherOnePassPacket(t *testing.T) {
	alice, rsa := testsign.NewKey(t, "alice"), testsign.NewKey(t, "rsa", testsign.RSA(2048))
	const differs = "its one-pass packet announces another signature than follows: type, hash, algorithm and key id have to be the same"
	const version = "its one-pass packet is not of version 3, the only one that a cluster reads"
	set := func(index int, value byte) func([]byte) []byte {
		return func(onePass []byte) []byte {
			onePass[index] = value
			return onePass
		}
	}
	flip := func(index int) func([]byte) []byte {
		return func(onePass []byte) []byte {
			onePass[index] ^= 1
			return onePass
		}
	}
	for _, test := range []struct {
		name, reason string
		change       func([]byte) []byte
	}{
		{"as it is", "", func(onePass []byte) []byte { return onePass }},
		{"the last, in other words", "", set(12, 7)},
		{"version 2", version, set(0, 2)},
		{"version 6", version, set(0, 6)},
		{"type", differs, flip(1)},
		{"hash", differs, set(2, 10)},
		{"unknown hash", differs, set(2, 99)},
		{"algorithm", differs, set(3, 17)},
		{"key id, first byte", differs, flip(4)},
		{"key id, last byte", differs, flip(11)},
		{"any key", differs, func(onePass []byte) []byte { clear(onePass[4:12]); return onePass }},
		{"more to come", "its one-pass packet announces a further signature, and a cluster reads messages with one alone", set(12, 0)},
		{"a byte less", "its one-pass packet has 12 bytes, want 13", func(onePass []byte) []byte { return onePass[:12] }},
		{"a byte more", "its one-pass packet has 14 bytes, want 13", func(onePass []byte) []byte { return append(onePass, 1) }},
		{"empty", version, func([]byte) []byte { return nil }},
	} {
		t.Run(test.name, func(t *testing.T) {
			for name, signature := range map[string][]byte{
				"version 4": alice.Signature(t, testsign.Message{Body: body()}),
				"version 3": rsa.Signature(t, testsign.Message{Body: body(), Old: true}),
			} {
				t.Run(name, func(t *testing.T) {
					onePass := test.change(bytes.Clone(packetContents(t, testsign.OnePass(signature))))
					message := bytes.Join([][]byte{testsign.Packet(tagOnePass, onePass), testsign.Literal(body()), signature}, nil)
					check(t, ring(t, alice, rsa), message, test.reason)
				})
			}
		})
	}
}
