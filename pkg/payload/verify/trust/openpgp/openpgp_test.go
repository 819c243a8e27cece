package openpgp

import (
	"bytes"
	"compress/zlib"
	"crypto"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testsign"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/simplesigning"
)

const (
	reference = "quay.io/example/release:1"
	day       = 24 * time.Hour
)

func imageA() digest.Digest { return digest.FromString("image a") }
func imageB() digest.Digest { return digest.FromString("image b") }

func ring(t testing.TB, keys ...*testsign.Key) Keyring {
	t.Helper()
	k, err := ParseKeyring("ring", []byte(testsign.Armored(t, keys...)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func body() []byte { return testsign.Document(testsign.AtomicType, imageA(), reference) }

// check verifies a message and compares the error; reason is empty if the message is valid.
func check(t *testing.T, k Keyring, message []byte, reason string) Signed {
	t.Helper()
	got, err := k.Verify(message, imageA(), testsign.Now())
	switch {
	case reason == "" && err != nil:
		t.Fatalf("refused: %v", err)
	case reason != "" && (err == nil || err.Error() != reason):
		t.Fatalf("got  %v\nwant %s", err, reason)
	case reason != "" && fault.KindOf(err) != fault.Integrity:
		t.Fatalf("kind %d", fault.KindOf(err))
	case reason != "" && got != (Signed{}):
		t.Fatalf("a refusal came with %+v", got)
	}
	return got
}

func TestVerify(t *testing.T) {
	alice := testsign.NewKey(t, "alice")
	rsa := testsign.NewKey(t, "rsa", testsign.RSA(2048))
	sub := testsign.NewKey(t, "sub").WithSubkey(t)
	want := func(k *testsign.Key, name string) Signed {
		return Signed{
			Key:      Key{Fingerprint: k.Fingerprint(), UserID: name + " <" + name + "@example.com>"},
			Time:     testsign.Signed(),
			Document: simplesigning.Document{Digest: imageA(), Reference: reference, Creator: "testsign"},
		}
	}
	wantSub := want(sub, "sub")
	wantSub.Subkey = sub.SubkeyFingerprint()
	tests := []struct {
		name    string
		key     *testsign.Key
		message testsign.Message
		want    Signed
	}{
		{"Ed25519", alice, testsign.Message{}, want(alice, "alice")},
		{"compressed", alice, testsign.Message{Compress: true}, want(alice, "alice")},
		{"lines", alice, testsign.Message{Text: true}, want(alice, "alice")},
		{"SHA-512", alice, testsign.Message{Hash: crypto.SHA512}, want(alice, "alice")},
		{"not expired yet", alice, testsign.Message{Lifetime: 31 * day}, want(alice, "alice")},
		{"RSA", rsa, testsign.Message{}, want(rsa, "rsa")},
		{"version 3", rsa, testsign.Message{Old: true}, want(rsa, "rsa")},
		{"version 3, lines, compressed", rsa, testsign.Message{Old: true, Text: true, Compress: true}, want(rsa, "rsa")},
		{"version 3, SHA-512", rsa, testsign.Message{Old: true, Hash: crypto.SHA512}, want(rsa, "rsa")},
		{"subkey", sub, testsign.Message{}, wantSub},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.message.Body = body()
			got := check(t, ring(t, test.key), test.key.Sign(t, test.message), "")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if len(got.Key.Fingerprint) != 40 || got.Key.Fingerprint != strings.ToUpper(got.Key.Fingerprint) {
				t.Errorf("fingerprint %q", got.Key.Fingerprint)
			}
		})
	}
}

// Any key of a keyring suffices.
func TestAnyKeySuffices(t *testing.T) {
	alice, bob, carol := testsign.NewKey(t, "alice"), testsign.NewKey(t, "bob"), testsign.NewKey(t, "carol")
	for _, signer := range []*testsign.Key{alice, bob, carol} {
		if got := check(t, ring(t, alice, bob, carol), signer.SignAtomic(t, imageA()), ""); got.Key.Fingerprint != signer.Fingerprint() {
			t.Errorf("signed by %s, want %s", got.Key.Fingerprint, signer.Fingerprint())
		}
	}
}

// A cluster refuses messages with several signatures.
func TestSeveralSignatures(t *testing.T) {
	alice, mallory := testsign.NewKey(t, "alice"), testsign.NewKey(t, "mallory")
	m := testsign.Message{Body: body()}
	good, foreign := alice.Signature(t, m), mallory.Signature(t, m)
	for name, message := range map[string][]byte{
		"good first":       testsign.Join(t, m, good, foreign),
		"good last":        testsign.Join(t, m, foreign, good),
		"twice":            testsign.Join(t, m, good, good),
		"compressed":       testsign.Compressed(t, testsign.Join(t, m, good, foreign)),
		"signatures first": slicesConcat(foreign, good, testsign.Literal(m.Body)),
	} {
		t.Run(name, func(t *testing.T) {
			check(t, ring(t, alice, mallory), message, "it carries 2 signatures, and a cluster reads messages with one alone: each key has to sign a message of its own")
		})
	}
}

func slicesConcat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// The document is parsed after the signature was verified. Package simplesigning tests its contents.
func TestRefusedClaims(t *testing.T) {
	alice, mallory := testsign.NewKey(t, "alice"), testsign.NewKey(t, "mallory")
	other := testsign.Document(testsign.AtomicType, imageB(), reference)
	tests := []struct {
		name   string
		key    *testsign.Key
		body   []byte
		reason string
	}{
		{"another image", alice, other, "it is about another image, " + imageB().String()},
		{"another type", alice, testsign.Document(testsign.CosignType, imageA(), reference), `the signed document is of type "cosign container image signature", want "atomic container signature"`},
		{"unknown field", alice, bytes.Replace(body(), []byte(`{"critical"`), []byte(`{"more":1,"critical"`), 1), `the signed document has the unknown field "more"`},
		{"no reference", alice, testsign.Document(testsign.AtomicType, imageA(), ""), "the signed document names no image: critical.identity.docker-reference is empty"},
		{"no JSON", alice, []byte("hello"), "the signed document is not read: it is not a JSON object"},
		{"not read when nobody known signed it", mallory, other, "it is signed by the key " + mallory.Fingerprint() + ", which is not in the keyring ring"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			check(t, ring(t, alice), test.key.Sign(t, testsign.Message{Body: test.body}), test.reason)
		})
	}
}

func TestRefusedSignatures(t *testing.T) {
	alice := testsign.NewKey(t, "alice")
	rsa := testsign.NewKey(t, "rsa", testsign.RSA(2048))
	otherRSA := testsign.NewKey(t, "other", testsign.RSA(2048))
	good := alice.SignAtomic(t, imageA())
	changedAt := func(data []byte, old, replacement string) []byte {
		t.Helper()
		if bytes.Count(data, []byte(old)) != 1 {
			t.Fatalf("%q is in the message %d times", old, bytes.Count(data, []byte(old)))
		}
		return bytes.Replace(data, []byte(old), []byte(replacement), 1)
	}
	flipped := bytes.Clone(good)
	flipped[len(flipped)-1] ^= 1
	oldFlipped := rsa.Sign(t, testsign.Message{Body: body(), Old: true})
	oldFlipped[len(oldFlipped)-1] ^= 1
	changedOld := func(change func(contents []byte)) []byte {
		contents := packetContents(t, rsa.Signature(t, testsign.Message{Body: body(), Old: true}))
		change(contents)
		return testsign.Join(t, testsign.Message{Body: body()}, testsign.Packet(tagSignature, contents))
	}
	// The two bytes are before the two numbers of an Ed25519 signature.
	changedTag := func(message []byte) []byte {
		message[len(message)-2*(2+32)-1] ^= 1
		return message
	}
	forged := func(k *testsign.Key) string {
		return "the key " + k.Fingerprint() + " did not sign this: the signature or what it is over was changed"
	}
	tests := []struct {
		name    string
		message []byte
		reason  string
	}{
		{"document changed", changedAt(good, "release:1", "release:2"), forged(alice)},
		{"digest changed to the wanted one", changedAt(alice.SignAtomic(t, imageB()), imageB().String(), imageA().String()), forged(alice)},
		{"signature changed", flipped, forged(alice)},
		{"version 3, signature changed", oldFlipped, forged(rsa)},
		{"version 3, by another key under this one's id", otherRSA.Sign(t, testsign.Message{Body: body(), Old: true, Issuer: rsa.ID()}), forged(rsa)},
		{"version 3, under the id of a key of another kind", otherRSA.Sign(t, testsign.Message{Body: body(), Old: true, Issuer: alice.ID()}), forged(alice)},
		{"expired", alice.Sign(t, testsign.Message{Body: body(), Lifetime: 29 * day}), "the signature expired on 2023-11-30T12:00:00Z"},
		{"from the future", alice.Sign(t, testsign.Message{Body: body(), Time: testsign.Now().Add(day)}), "it was signed on 2023-12-02T12:00:00Z, later than this machine's clock says (2023-12-01T12:00:00Z): set the clock"},
		{"version 3, from the future", rsa.Sign(t, testsign.Message{Body: body(), Old: true, Time: testsign.Now().Add(day)}), "it was signed on 2023-12-02T12:00:00Z, later than this machine's clock says (2023-12-01T12:00:00Z): set the clock"},
		{"older than its key", alice.Sign(t, testsign.Message{Body: body(), Time: testsign.Created().Add(-day)}), "it was signed on 2023-09-30T12:00:00Z, before the key " + alice.Fingerprint() + " was made"},
		{"SHA-1", rsa.Sign(t, testsign.Message{Body: body(), Hash: crypto.SHA1}), "its signature is over SHA-1, which is no longer accepted: it has to be signed again with SHA-256 or better"},
		{"version 3, SHA-1", rsa.Sign(t, testsign.Message{Body: body(), Old: true, Hash: crypto.SHA1}), "its signature is over SHA-1, which is no longer accepted: it has to be signed again with SHA-256 or better"},
		{"SHA-224", rsa.Sign(t, testsign.Message{Body: body(), Hash: crypto.SHA224}), "its signature is over SHA-224, which is no longer accepted: it has to be signed again with SHA-256 or better"},
		{"version 3, SHA-224", rsa.Sign(t, testsign.Message{Body: body(), Old: true, Hash: crypto.SHA224}), "its signature is over SHA-224, which is no longer accepted: it has to be signed again with SHA-256 or better"},
		{"version 3, MD5", rsa.Sign(t, testsign.Message{Body: body(), Old: true, Hash: crypto.MD5}), "its signature is over MD5, which is no longer accepted: it has to be signed again with SHA-256 or better"},
		{"an intended recipient", alice.Sign(t, testsign.Message{Body: body(), For: otherRSA}), "it names a recipient, although it is not encrypted"},
		{"version 3, with another length of what is hashed", changedOld(func(contents []byte) { contents[1] = 6 }), "its signature of version 3 cannot be read"},
		{"version 3, with other first bytes of the hash", changedOld(func(contents []byte) { contents[17] ^= 1 }), forged(rsa)},
		{"with other first bytes of the hash", changedTag(alice.SignAtomic(t, imageA())), forged(alice)},
		{"critical notation", alice.Sign(t, testsign.Message{Body: body(), Notation: "must@example.com"}), `it carries the critical notation "must@example.com", which this program does not know`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { check(t, ring(t, alice, rsa), test.message, test.reason) })
	}
}

func TestRefusedKeys(t *testing.T) {
	const text = "it leaked"
	made := testsign.Created()
	alice := func(options ...testsign.KeyOption) *testsign.Key { return testsign.NewKey(t, "alice", options...) }
	expired := alice(testsign.LastingFor(45 * day))
	revoked := alice().Revoked(t, text)
	sub := alice().WithSubkey(t).RevokedSubkey(t, text)
	young := alice(testsign.MadeOn(testsign.Now().Add(day)))
	owner, thief := alice(), testsign.NewKey(t, "thief").WithSubkey(t)
	owner.WithSubkeyOf(thief)
	tests := []struct {
		name    string
		key     *testsign.Key // of the keyring
		signer  *testsign.Key
		reason  string
		message testsign.Message
	}{
		{name: "expired since it signed", key: expired, reason: "the key " + expired.Fingerprint() + " expired on 2023-11-15T12:00:00Z; a newer copy of it may last longer"},
		{name: "expired before it signed", key: expired, message: testsign.Message{Time: made.Add(50 * day)}, reason: "the key " + expired.Fingerprint() + " expired on 2023-11-15T12:00:00Z; a newer copy of it may last longer"},
		{name: "revoked", key: revoked, reason: "the key " + revoked.Fingerprint() + ` is revoked ("it leaked")`},
		{name: "subkey revoked", key: sub, reason: "the subkey " + sub.SubkeyFingerprint() + ` is revoked ("it leaked")`},
		{name: "made in the future", key: young, message: testsign.Message{Time: testsign.Now()}, reason: "the key " + young.Fingerprint() + " was made on 2023-12-02T12:00:00Z, later than this machine's clock says: set the clock"},
		{
			name: "another key's subkey hung on a trusted key", key: owner, signer: thief,
			reason: "the subkey " + thief.SubkeyFingerprint() + " is not bound to the key " + owner.Fingerprint() + " by a valid signature",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			signer := test.signer
			if signer == nil {
				signer = test.key
			}
			test.message.Body = body()
			check(t, ring(t, test.key), signer.Sign(t, test.message), test.reason)
		})
	}
}

// An encryption subkey does not sign, whatever is made with it.
func TestSubkeyThatMayNotSign(t *testing.T) {
	alice := testsign.NewKey(t, "alice", testsign.RSA(2048))
	encryption := alice.Entity.Subkeys[0].PublicKey
	message := alice.Sign(t, testsign.Message{Body: body(), Old: true, Issuer: encryption.KeyId})
	check(t, ring(t, alice), message, fmt.Sprintf("the subkey %X is not one for signing", encryption.Fingerprint))
}

// A key whose lifetime was extended still verifies older signatures, although its self-signature is newer.
func TestExtendedKey(t *testing.T) {
	alice := testsign.NewKey(t, "alice", testsign.LastingFor(45*day))
	message := alice.SignAtomic(t, imageA())
	old := alice.Public(t)
	alice.Extended(t, testsign.Now().Add(-day), 100*day)
	if got := check(t, ring(t, alice), message, ""); got.Key.Fingerprint != alice.Fingerprint() {
		t.Errorf("got %+v", got)
	}
	t.Run("both copies in one keyring", func(t *testing.T) {
		newer := alice.Public(t)
		for _, data := range [][]byte{slicesConcat(old, newer), slicesConcat(newer, old)} {
			both, err := ParseKeyring("both", data)
			if err != nil {
				t.Fatal(err)
			}
			check(t, both, message, "")
		}
	})
}

// A self-signature may be over SHA-1, as go-crypto allows: Red Hat's key had such a one for years.
func TestHashOfSelfSignature(t *testing.T) {
	old := testsign.NewKey(t, "old").SelfSignedWith(t, crypto.SHA1)
	check(t, ring(t, old), old.Sign(t, testsign.Message{Body: body()}), "")
}

func TestWeakKeys(t *testing.T) {
	t.Setenv("GODEBUG", "rsa1024min=0")
	short := testsign.NewKey(t, "short", testsign.RSA(1024))
	check(t, ring(t, short), short.SignAtomic(t, imageA()), "the key "+short.Fingerprint()+" is RSA of 1024 bits, at least 2048 are needed")
	odd := testsign.NewKey(t, "odd", testsign.ECDSA(packet.CurveSecP256k1))
	check(t, ring(t, odd), odd.SignAtomic(t, imageA()), "the key "+odd.Fingerprint()+" is on a curve that is not accepted (SecP256k1)")
	good := testsign.NewKey(t, "good", testsign.ECDSA(packet.CurveNistP256))
	check(t, ring(t, good), good.SignAtomic(t, imageA()), "")
}

func TestRefusedShapes(t *testing.T) {
	alice := testsign.NewKey(t, "alice")
	m := testsign.Message{Body: body()}
	good, sig, literal := alice.Sign(t, m), alice.Signature(t, m), testsign.Literal(body())
	long := bytes.Repeat([]byte(" "), MaxMessage+1)
	zip := func(data []byte) []byte { return packetContents(t, testsign.Compressed(t, data)) }
	zlibbed := func(data []byte) []byte {
		var out bytes.Buffer
		w := zlib.NewWriter(&out)
		_, _ = w.Write(data)
		w.Close()
		return append([]byte{2}, out.Bytes()...)
	}
	compressed := func(data []byte, behind string) []byte {
		return testsign.Packet(8, append(bytes.Clone(data), behind...))
	}
	many := bytes.Repeat(sig, maxPackets+1)
	tests := []struct {
		name    string
		message []byte
		reason  string
	}{
		{"nothing", nil, "it is empty"},
		{"detached", sig, "it is a detached signature: the signed document is missing (gpg --sign makes a whole message, gpg --detach-sign does not)"},
		{"unsigned", literal, "it is not signed"},
		{"unsigned, compressed", testsign.Compressed(t, literal), "it is not signed"},
		{"armored", []byte(testsign.Armor(t, "PGP MESSAGE", good)), "it is armored, which a cluster does not read: gpg --dearmor makes it binary"},
		{"a web page", []byte("<!DOCTYPE html><html>"), `it is not an OpenPGP message: it begins with "<!DOCTYPE html><html"`},
		{"the document alone", body(), `it is not an OpenPGP message: it begins with "{\"critical\":{\"type\":"`},
		{"a key", alice.Public(t), "it is a key, not a message"},
		{"encrypted", testsign.Packet(18, []byte{1, 2, 3}), "it is encrypted"},
		{"encrypted for a key", append(testsign.Packet(1, []byte{3}), testsign.Packet(18, []byte{1})...), "it is encrypted"},
		{"too long", long, "it has more than the 51200 bytes that are read"},
		{"cut off", good[:len(good)-10], "it is not a complete OpenPGP message: unexpected EOF"},
		{"something behind", append(bytes.Clone(good), "hello"...), "it is not a complete OpenPGP message: openpgp: invalid data: tag byte does not have MSB set"},
		{"two messages", slicesConcat(good, good), "its packets are out of order"},
		{"two bodies", slicesConcat(testsign.OnePass(sig), literal, literal, sig), "its packets are out of order"},
		{"more announced than signed", slicesConcat(testsign.OnePass(sig), testsign.OnePass(sig), literal, sig), "its packets are out of order"},
		{"signed and not announced", slicesConcat(literal, sig), "its packets are out of order"},
		{"before and behind", slicesConcat(sig, literal, sig), "its packets are out of order"},
		{"announced behind", slicesConcat(literal, testsign.OnePass(sig), sig), "its packets are out of order"},
		{"unknown packet", slicesConcat(testsign.OnePass(sig), literal, testsign.Packet(60, nil), sig), "it holds a packet of type 60, which no signed message has"},
		{"compressed twice", testsign.Compressed(t, testsign.Compressed(t, good)), "it holds a packet of type 8, which no signed message has"},
		{"compressed and more", slicesConcat(testsign.Compressed(t, good), sig), "it holds a packet of type 8, which no signed message has"},
		{"bomb", testsign.Compressed(t, testsign.Literal(make([]byte, 10<<20))), fmt.Sprintf("it unpacks to more than %d bytes", maxBody+MaxMessage)},
		{"body too long", testsign.Compressed(t, slicesConcat(testsign.OnePass(sig), testsign.Literal(make([]byte, maxBody+1)), sig)), fmt.Sprintf("its body has more than %d bytes", maxBody)},
		{"many signatures", many, "it has more than 32 packets"},
		{"signature first", slicesConcat(sig, literal), "its signature stands before the document, where a cluster does not read it: gpg --sign puts it behind"},
		{"something behind what is compressed", compressed(zip(good), "hello"), "it is compressed and broken: 5 bytes follow its end"},
		{"a zero byte behind what is compressed", compressed(zip(good), "\x00"), "it is compressed and broken: 1 bytes follow its end"},
		{"a message behind what is compressed", compressed(zip(good), string(good)), fmt.Sprintf("it is compressed and broken: %d bytes follow its end", len(good))},
		{"something behind what is compressed as ZLIB", compressed(zlibbed(good), "hello"), "it is compressed and broken: 5 bytes follow its end"},
		{"compressed and cut off", compressed(zip(good)[:50], ""), "it is compressed and broken: unexpected EOF"},
		{"compressed, and nothing in it", testsign.Packet(8, nil), "its compressed packet is empty"},
		{"compressed in another way", testsign.Packet(8, []byte{9, 1}), "it is compressed with an unknown algorithm (9)"},
		{"unknown version", slicesConcat(testsign.OnePass(sig), literal, testsign.Packet(2, []byte{9, 0, 0, 0, 0, 0})), "its signature cannot be read: openpgp: unsupported feature: signature packet version 9"},
		{"broken version 3", slicesConcat(testsign.OnePass(sig), literal, testsign.Packet(2, []byte{3, 5, 0})), "its signature of version 3 cannot be read"},
		{"version 3 by DSA", slicesConcat(testsign.OnePass(sig), literal, testsign.Packet(2, append([]byte{3, 5}, make([]byte, 19)...))), "its signature of version 3 is not by an RSA key (algorithm 0)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { check(t, ring(t, alice), test.message, test.reason) })
	}
}

// A certification over the same bytes is not a signature of a document.
func TestSignatureOfAnotherType(t *testing.T) {
	alice := testsign.NewKey(t, "alice")
	p := &packet.OpaquePacket{Tag: tagSignature, Contents: packetContents(t, alice.Signature(t, testsign.Message{Body: body()}))}
	p.Contents[1] = byte(packet.SigTypeGenericCert)
	var out bytes.Buffer
	if err := p.Serialize(&out); err != nil {
		t.Fatal(err)
	}
	check(t, ring(t, alice), testsign.Join(t, testsign.Message{Body: body()}, out.Bytes()), "its signature is of type 0x10, which is not for documents")
}

func packetContents(t *testing.T, data []byte) []byte {
	t.Helper()
	p, err := packet.NewOpaqueReader(bytes.NewReader(data)).Next()
	if err != nil {
		t.Fatal(err)
	}
	return p.Contents
}

// A cluster takes the key and the hash from the one-pass packet, so it refuses a message in which that differs from the
// signature.
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
