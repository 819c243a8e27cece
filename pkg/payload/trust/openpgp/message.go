package openpgp

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// MaxMessage is how many bytes a signature may have, as a cluster reads them.
const MaxMessage = 50 << 10

// Bounds of what a message holds: a claim has three hundred bytes, and a release one signature.
const (
	maxBody       = 64 << 10
	maxSignatures = 16
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
	body       []byte
	signatures []*packet.OpaquePacket
}

// readMessage takes exactly two shapes: one-pass packets, the body and as many signatures, or the signatures and the body;
// either may lie in one compressed packet.
func readMessage(data []byte) (*message, error) {
	switch {
	case len(data) == 0:
		return nil, errors.New("it is empty")
	case len(data) > MaxMessage:
		return nil, fmt.Errorf("it has more than the %d bytes that are read", MaxMessage)
	case bytes.HasPrefix(bytes.TrimSpace(data), []byte("-----BEGIN PGP ")):
		return nil, errors.New("it is armored, which a cluster does not read: gpg --dearmor makes it binary")
	case data[0]&0x80 == 0:
		return nil, fmt.Errorf("it is no OpenPGP message: it begins with %.20q", data[:min(len(data), 20)])
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
		if len(packets) == 2*maxSignatures+1 {
			return nil, fmt.Errorf("it has more than %d packets", len(packets))
		}
		packets = append(packets, p)
	}
}

// decompress unpacks a compressed packet, up to what a message may hold.
func decompress(p *packet.OpaquePacket) ([]byte, error) {
	parsed, err := p.Parse()
	if err != nil {
		return nil, fmt.Errorf("it is compressed in a way that cannot be read: %w", err)
	}
	compressed, ok := parsed.(*packet.Compressed)
	if !ok {
		return nil, errors.New("it is compressed in a way that cannot be read")
	}
	data, err := io.ReadAll(io.LimitReader(compressed.Body, maxBody+MaxMessage+1))
	if err != nil {
		return nil, fmt.Errorf("it is compressed and broken: %w", err)
	}
	if len(data) > maxBody+MaxMessage {
		return nil, fmt.Errorf("it unpacks to more than %d bytes", maxBody+MaxMessage)
	}
	return data, nil
}

// arrange finds body and signatures.
func arrange(packets []*packet.OpaquePacket) (*message, error) {
	var m message
	before, onePass, literal := 0, 0, 0
	for _, p := range packets {
		switch p.Tag {
		case tagOnePass:
			if literal > 0 || before > 0 {
				return nil, errors.New("its packets are out of order")
			}
			onePass++
		case tagSignature:
			if literal == 0 {
				before++
			}
			m.signatures = append(m.signatures, p)
		case tagLiteral:
			literal++
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
	after := len(m.signatures) - before
	switch {
	case literal == 0 && len(m.signatures) > 0:
		return nil, errors.New("it is a detached signature: the signed document is missing (gpg --sign makes a whole message, gpg --detach-sign does not)")
	case len(m.signatures) == 0:
		return nil, errors.New("it is not signed")
	case literal > 1, onePass != after, before > 0 && after > 0:
		return nil, errors.New("its packets are out of order")
	case len(m.signatures) > maxSignatures:
		return nil, fmt.Errorf("it has more than %d signatures", maxSignatures)
	}
	return &m, nil
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
