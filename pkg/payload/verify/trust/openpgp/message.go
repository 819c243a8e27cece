package openpgp

import (
	"bytes"
	"compress/bzip2"
	"compress/flate"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// MaxMessage is how many bytes a signature may have, as a cluster reads them.
const MaxMessage = 50 << 10

// Limits of what a message holds. A real document has three hundred bytes, a real message three packets.
const (
	maxBody    = 64 << 10
	maxPackets = 32
)

// The packet types of signed messages, and of what users mistake for one (RFC 9580, section 5).
const (
	tagEncryptedKey       = 1
	tagSignature          = 2
	tagPasswordKey        = 3
	tagOnePass            = 4
	tagCompressed         = 8
	tagEncrypted          = 9
	tagLiteral            = 11
	tagEncryptedIntegrity = 18
	tagEncryptedAEAD      = 20
)

// message has the parts of a signed message. Nothing of it is verified.
type message struct {
	onePass   []byte // announces the signature
	body      []byte
	signature *packet.OpaquePacket
}

// readMessage accepts the one form that a cluster reads: a one-pass packet, the body and the signature, which may be in one
// compressed packet.
func readMessage(data []byte) (*message, error) {
	switch {
	case len(data) == 0:
		return nil, errors.New("it is empty")
	case len(data) > MaxMessage:
		return nil, fmt.Errorf("it has more than the %d bytes that are read", MaxMessage)
	case bytes.HasPrefix(bytes.TrimSpace(data), []byte("-----BEGIN PGP ")):
		return nil, errors.New("it is armored, which a cluster does not read: gpg --dearmor makes it binary")
	case data[0]&0x80 == 0:
		return nil, fmt.Errorf("it is not an OpenPGP message: it begins with %.20q", data[:min(len(data), 20)])
	}
	packets, err := readPackets(data)
	if err != nil {
		return nil, err
	}
	if len(packets) == 1 && packets[0].Tag == tagCompressed {
		inner, err := decompress(packets[0])
		if err != nil {
			return nil, err
		}
		if packets, err = readPackets(inner); err != nil {
			return nil, err
		}
	}
	return newMessage(packets)
}

func readPackets(data []byte) ([]*packet.OpaquePacket, error) {
	var packets []*packet.OpaquePacket
	for reader := packet.NewOpaqueReader(bytes.NewReader(data)); ; {
		p, err := reader.Next()
		if err == io.EOF {
			return packets, nil
		}
		if err != nil {
			return nil, fmt.Errorf("it is not a complete OpenPGP message: %w", err)
		}
		if len(packets) == maxPackets {
			return nil, fmt.Errorf("it has more than %d packets", maxPackets)
		}
		packets = append(packets, p)
	}
}

// decompress unpacks a compressed packet within the limits of a message. It refuses bytes behind the compressed data, which
// go-crypto would ignore.
func decompress(p *packet.OpaquePacket) ([]byte, error) {
	if len(p.Contents) == 0 {
		return nil, errors.New("its compressed packet is empty")
	}
	rest := bytes.NewReader(p.Contents[1:]) // an io.ByteReader, of which flate reads not one byte too much
	unpacked, err := unpack(p.Contents[0], rest)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(unpacked, maxBody+MaxMessage+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("it is compressed and broken: %w", err)
	case len(data) > maxBody+MaxMessage:
		return nil, fmt.Errorf("it unpacks to more than %d bytes", maxBody+MaxMessage)
	case rest.Len() > 0:
		return nil, fmt.Errorf("it is compressed and broken: %d bytes follow its end", rest.Len())
	}
	return data, nil
}

// unpack knows the compression algorithms of RFC 9580, section 9.4.
func unpack(algorithm byte, data io.Reader) (io.Reader, error) {
	switch algorithm {
	case 0:
		return data, nil
	case 1:
		return flate.NewReader(data), nil
	case 2:
		unpacked, err := zlib.NewReader(data)
		if err != nil {
			return nil, fmt.Errorf("it is compressed and broken: %w", err)
		}
		return unpacked, nil
	case 3:
		return bzip2.NewReader(data), nil
	}
	return nil, fmt.Errorf("it is compressed with an unknown algorithm (%d)", algorithm)
}

func newMessage(packets []*packet.OpaquePacket) (*message, error) {
	var m message
	var order strings.Builder // o, l and s for each packet
	for _, p := range packets {
		switch p.Tag {
		case tagOnePass:
			order.WriteByte('o')
			m.onePass = p.Contents
		case tagSignature:
			order.WriteByte('s')
			m.signature = p
		case tagLiteral:
			order.WriteByte('l')
			body, err := readLiteral(p)
			if err != nil {
				return nil, err
			}
			m.body = body
		case tagEncryptedKey, tagPasswordKey, tagEncrypted, tagEncryptedIntegrity, tagEncryptedAEAD:
			return nil, errors.New("it is encrypted")
		case tagPublicKey:
			return nil, errors.New("it is a key, not a message")
		default:
			return nil, fmt.Errorf("it holds a packet of type %d, which no signed message has", p.Tag)
		}
	}
	if err := checkOrder(order.String()); err != nil {
		return nil, err
	}
	return &m, nil
}

// checkOrder refuses an order of packets that a cluster does not read as a message with one signature
// (golang.org/x/crypto/openpgp, ReadMessage). The letters are those of newMessage.
func checkOrder(order string) error {
	signatures := strings.Count(order, "s")
	nested := strings.Repeat("o", signatures) + "l" + strings.Repeat("s", signatures)
	first := strings.Repeat("s", signatures) + "l"
	switch {
	case order == "ols":
		return nil
	case signatures == 0:
		return errors.New("it is not signed")
	case !strings.Contains(order, "l"):
		return errors.New("it is a detached signature: the signed document is missing (gpg --sign makes a whole message, gpg --detach-sign does not)")
	case signatures > 1 && (order == nested || order == first):
		return fmt.Errorf("it carries %d signatures, and a cluster reads messages with one alone: each key has to sign a message of its own", signatures)
	case order == first:
		return errors.New("its signature stands before the document, where a cluster does not read it: gpg --sign puts it behind")
	}
	return errors.New("its packets are out of order")
}

// readLiteral reads the body from its packet.
func readLiteral(p *packet.OpaquePacket) ([]byte, error) {
	parsed, err := p.Parse()
	literal, ok := parsed.(*packet.LiteralData)
	if err != nil || !ok {
		return nil, errors.New("its body cannot be read")
	}
	body, err := io.ReadAll(literal.Body)
	if err != nil {
		return nil, fmt.Errorf("its body cannot be read: %w", err)
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("its body has more than %d bytes", maxBody)
	}
	return body, nil
}

// onePassSize is how many bytes a one-pass packet of version 3 has (RFC 9580, section 5.4): version, type, hash, algorithm,
// key id, and whether it is the last one.
const onePassSize = 1 + 1 + 1 + 1 + 8 + 1

// signatureHeader has the fields that a signature packet and the one-pass packet before the body share, as bytes.
type signatureHeader struct {
	kind, hash, algorithm byte
	issuer                uint64 // key id
}

// readHeader reads the fields of a signature packet of version 2 to 4 that was parsed before.
func readHeader(contents []byte, issuer uint64) signatureHeader {
	if contents[0] < 4 {
		return signatureHeader{kind: contents[2], algorithm: contents[15], hash: contents[16], issuer: issuer}
	}
	return signatureHeader{kind: contents[1], algorithm: contents[2], hash: contents[3], issuer: issuer}
}

// checkOnePass compares the one-pass packet with the signature. A cluster takes the key and the hash from the one-pass
// packet (golang.org/x/crypto/openpgp, ReadMessage), so it refuses a message in which the two differ.
func checkOnePass(onePass []byte, signature signatureHeader) error {
	switch {
	case len(onePass) == 0 || onePass[0] != 3:
		return errors.New("its one-pass packet is not of version 3, the only one that a cluster reads")
	case len(onePass) != onePassSize:
		return fmt.Errorf("its one-pass packet has %d bytes, want %d", len(onePass), onePassSize)
	case onePass[onePassSize-1] == 0:
		return errors.New("its one-pass packet announces a further signature, and a cluster reads messages with one alone")
	}
	announced := signatureHeader{kind: onePass[1], hash: onePass[2], algorithm: onePass[3], issuer: binary.BigEndian.Uint64(onePass[4:])}
	if announced != signature {
		return errors.New("its one-pass packet announces another signature than follows: type, hash, algorithm and key id have to be the same")
	}
	return nil
}
