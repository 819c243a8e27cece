package openpgp

import (
	"bytes"
	"compress/bzip2"
	"compress/flate"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// MaxMessage is how many bytes a signature may have, as a cluster reads them.
const MaxMessage = 50 << 10

// Bounds of what a message holds: a claim has three hundred bytes, and a message three packets.
const (
	maxBody    = 64 << 10
	maxPackets = 32
)

// The packet types of a signed message, and of what is taken for one (RFC 9580, section 5).
const (
	tagEncryptedKey       = 1
	tagSignature          = 2
	tagPasswordKey        = 3
	tagOnePass            = 4
	tagPublicKey          = 6
	tagCompressed         = 8
	tagEncrypted          = 9
	tagLiteral            = 11
	tagEncryptedIntegrity = 18
	tagEncryptedAEAD      = 20
)

// message is a signed message taken apart: nothing of it is verified.
type message struct {
	onePass   []byte // announces the signature
	body      []byte
	signature *packet.OpaquePacket
}

// readMessage takes exactly one shape, that which a cluster reads: a one-pass packet, the body and the signature, which
// may lie in one compressed packet.
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
	return arrange(packets)
}

// readPackets cuts bytes into packets.
func readPackets(data []byte) ([]*packet.OpaquePacket, error) {
	var packets []*packet.OpaquePacket
	for reader := packet.NewOpaqueReader(bytes.NewReader(data)); ; {
		p, err := reader.Next()
		if err == io.EOF {
			return packets, nil
		}
		if err != nil {
			return nil, fmt.Errorf("it is no whole OpenPGP message: %w", err)
		}
		if len(packets) == maxPackets {
			return nil, fmt.Errorf("it has more than %d packets", maxPackets)
		}
		packets = append(packets, p)
	}
}

// decompress unpacks a compressed packet, up to what a message may hold. Nothing may follow what is compressed: go-crypto
// passes over it, so the packet is unpacked here.
func decompress(p *packet.OpaquePacket) ([]byte, error) {
	if len(p.Contents) == 0 {
		return nil, errors.New("it is compressed in a way that cannot be read")
	}
	rest := bytes.NewReader(p.Contents[1:]) // is read byte by byte, so that what is left was not unpacked
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

// unpack reads what is compressed in one of the ways of RFC 9580, section 9.4.
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
	return nil, fmt.Errorf("it is compressed in a way that is not known here (%d)", algorithm)
}

// arrange finds body and signature.
func arrange(packets []*packet.OpaquePacket) (*message, error) {
	var m message
	var shape strings.Builder // o, l and s for each packet
	for _, p := range packets {
		switch p.Tag {
		case tagOnePass:
			shape.WriteByte('o')
			m.onePass = p.Contents
		case tagSignature:
			shape.WriteByte('s')
			m.signature = p
		case tagLiteral:
			shape.WriteByte('l')
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
	if err := checkShape(shape.String()); err != nil {
		return nil, err
	}
	return &m, nil
}

// checkShape refuses what no cluster takes for a message with one signature (golang.org/x/crypto/openpgp, ReadMessage).
func checkShape(shape string) error {
	signatures := strings.Count(shape, "s")
	nested := strings.Repeat("o", signatures) + "l" + strings.Repeat("s", signatures)
	first := strings.Repeat("s", signatures) + "l"
	switch {
	case shape == "ols":
		return nil
	case signatures == 0:
		return errors.New("it is not signed")
	case !strings.Contains(shape, "l"):
		return errors.New("it is a detached signature: the signed document is missing (gpg --sign makes a whole message, gpg --detach-sign does not)")
	case signatures > 1 && (shape == nested || shape == first):
		return fmt.Errorf("it carries %d signatures, and a cluster reads messages with one alone: each key has to sign a message of its own", signatures)
	case shape == first:
		return errors.New("its signature stands before the document, where a cluster does not read it: gpg --sign puts it behind")
	}
	return errors.New("its packets are out of order")
}

// readLiteral takes the body out of its packet.
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
