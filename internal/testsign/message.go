package testsign

import (
	"bytes"
	"crypto"
	"encoding/binary"
	"io"
	"math/bits"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/ProtonMail/go-crypto/openpgp/v2"
	"github.com/opencontainers/go-digest"
)

// AtomicType and CosignType are the types that simple signing documents name.
const (
	AtomicType = "atomic container signature"
	CosignType = "cosign container image signature"
)

// Document returns a simple signing document that names a digest and a reference.
func Document(kind string, d digest.Digest, reference string) []byte {
	return []byte(`{"critical":{"type":"` + kind + `","image":{"docker-manifest-digest":"` + d.String() +
		`"},"identity":{"docker-reference":"` + reference + `"}},"optional":{"creator":"testsign","timestamp":1698840000}}`)
}

// Message is a message and how to sign it.
type Message struct {
	Body     []byte
	Time     time.Time     // zero: Signed
	Lifetime time.Duration // zero: unlimited
	Hash     crypto.Hash   // zero: SHA-256
	Text     bool          // a signature of text
	Old      bool          // a signature packet of version 3, which needs an RSA key
	Issuer   uint64        // of an old packet; zero: the signing key
	Compress bool
	Notation string // a critical one
	For      *Key   // the signature names this key as the intended recipient
}

// Sign makes a signed message.
func (k *Key) Sign(t testing.TB, m Message) []byte {
	t.Helper()
	return Join(t, m, k.Signature(t, m))
}

// SignAtomic signs a document with the digest for quay.io/example/release:1.
func (k *Key) SignAtomic(t testing.TB, d digest.Digest) []byte {
	t.Helper()
	return k.Sign(t, Message{Body: Document(AtomicType, d, "quay.io/example/release:1")})
}

// Signature makes a detached signature: only the signature packet.
func (k *Key) Signature(t testing.TB, m Message) []byte {
	t.Helper()
	if m.Time.IsZero() {
		m.Time = Signed()
	}
	if m.Hash == 0 {
		m.Hash = crypto.SHA256
	}
	private := k.Entity.PrivateKey
	if k.sub != nil {
		private = k.sub.PrivateKey
	}
	if m.Old {
		return k.oldSignature(t, m, private)
	}
	sig := &packet.Signature{
		Version: 4, SigType: packet.SigTypeBinary, PubKeyAlgo: private.PubKeyAlgo, Hash: m.Hash,
		CreationTime: m.Time, IssuerKeyId: &private.KeyId,
	}
	if m.Lifetime != 0 {
		seconds := uint32(m.Lifetime / time.Second)
		sig.SigLifetimeSecs = &seconds
	}
	if m.Notation != "" {
		sig.Notations = []*packet.Notation{{Name: m.Notation, Value: []byte("1"), IsCritical: true, IsHumanReadable: true}}
	}
	if m.For != nil {
		recipient := m.For.Entity.PrimaryKey
		sig.IntendedRecipients = []*packet.Recipient{{KeyVersion: recipient.Version, Fingerprint: recipient.Fingerprint}}
	}
	sum := m.Hash.New()
	if m.Text {
		sig.SigType = packet.SigTypeText
		v2.NewCanonicalTextHash(sum).Write(m.Body)
	} else {
		sum.Write(m.Body)
	}
	var out bytes.Buffer
	if err := sig.Sign(sum, private, k.config); err != nil {
		t.Fatalf("signing: %v", err)
	}
	if err := sig.Serialize(&out); err != nil {
		t.Fatalf("writing a signature: %v", err)
	}
	return out.Bytes()
}

// oldSignature makes a packet of version 3 (RFC 4880, section 5.2.2).
func (k *Key) oldSignature(t testing.TB, m Message, private *packet.PrivateKey) []byte {
	t.Helper()
	hashed := binary.BigEndian.AppendUint32([]byte{0}, uint32(m.Time.Unix()))
	if m.Text {
		hashed[0] = 1
	}
	sum := m.Hash.New()
	if m.Text {
		v2.NewCanonicalTextHash(sum).Write(m.Body)
	} else {
		sum.Write(m.Body)
	}
	sum.Write(hashed)
	digest := sum.Sum(nil)
	value, err := private.PrivateKey.(crypto.Signer).Sign(k.config.Rand, digest, m.Hash)
	if err != nil {
		t.Fatalf("signing: %v", err)
	}
	value = bytes.TrimLeft(value, "\x00")
	issuer := private.KeyId
	if m.Issuer != 0 {
		issuer = m.Issuer
	}
	content := append([]byte{3, 5}, hashed...)
	content = binary.BigEndian.AppendUint64(content, issuer)
	content = append(content, byte(private.PubKeyAlgo), map[crypto.Hash]byte{crypto.MD5: 1, crypto.SHA1: 2, crypto.SHA256: 8, crypto.SHA512: 10, crypto.SHA224: 11}[m.Hash], digest[0], digest[1])
	content = binary.BigEndian.AppendUint16(content, uint16(8*(len(value)-1)+bits.Len8(value[0])))
	return Packet(2, append(content, value...))
}

// Packet encodes a packet of a type in the new format.
func Packet(tag byte, content []byte) []byte {
	out := append([]byte{0xc0 | tag, 0xff}, binary.BigEndian.AppendUint32(nil, uint32(len(content)))...)
	return append(out, content...)
}

// Literal encodes a literal data packet.
func Literal(body []byte) []byte {
	return Packet(11, append([]byte{'b', 0, 0, 0, 0, 0}, body...))
}

// OnePass encodes the one-pass signature packet that announces a signature: with the same type, hash, algorithm and key ID. A
// field that cannot be read from the signature is zero.
func OnePass(signature []byte) []byte {
	announced := make([]byte, 13)
	announced[0], announced[12] = 3, 1
	if p, err := packet.NewOpaqueReader(bytes.NewReader(signature)).Next(); err == nil && len(p.Contents) > 16 {
		c := p.Contents
		if c[0] < 4 {
			announced[1], announced[2], announced[3] = c[2], c[16], c[15]
			copy(announced[4:], c[7:15])
		} else {
			announced[1], announced[2], announced[3] = c[1], c[3], c[2]
		}
		if parsed, err := p.Parse(); err == nil {
			if s, ok := parsed.(*packet.Signature); ok && s.IssuerKeyId != nil {
				binary.BigEndian.PutUint64(announced[4:], *s.IssuerKeyId)
			}
		}
	}
	return Packet(4, announced)
}

// Join makes a message of a body and signatures.
func Join(t testing.TB, m Message, signatures ...[]byte) []byte {
	t.Helper()
	var out []byte
	for _, s := range signatures {
		out = append(out, OnePass(s)...)
	}
	out = append(out, Literal(m.Body)...)
	for _, s := range signatures {
		out = append(out, s...)
	}
	if m.Compress {
		return Compressed(t, out)
	}
	return out
}

// Compressed encodes a compressed data packet.
func Compressed(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := packet.SerializeCompressed(closer{&out}, packet.CompressionZIP, nil)
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatalf("compressing: %v", err)
	}
	return out.Bytes()
}

type closer struct{ io.Writer }

func (closer) Close() error { return nil }
