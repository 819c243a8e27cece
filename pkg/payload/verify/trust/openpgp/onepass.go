package openpgp

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// onePassSize is how many bytes a one-pass packet of version 3 has (RFC 9580, section 5.4): version, type, hash, algorithm,
// key id, and whether it is the last of its kind.
const onePassSize = 1 + 1 + 1 + 1 + 8 + 1

// description is what a signature and the packet that announces it say of it, as the bytes of their packets.
type description struct {
	kind, hash, algorithm byte
	issuer                uint64
}

// describe reads the description out of a signature packet of version 2 to 4 that was parsed already.
func describe(contents []byte, issuer uint64) description {
	if contents[0] < 4 {
		return description{kind: contents[2], algorithm: contents[15], hash: contents[16], issuer: issuer}
	}
	return description{kind: contents[1], algorithm: contents[2], hash: contents[3], issuer: issuer}
}

// checkOnePass compares the packet that announces a signature with the signature. A cluster chooses the key and hashes the
// document by it (golang.org/x/crypto/openpgp, ReadMessage), so it cannot verify a message in which the two differ.
func checkOnePass(onePass []byte, signature description) error {
	switch {
	case len(onePass) == 0 || onePass[0] != 3:
		return errors.New("its one-pass packet is not of version 3, the only one that a cluster reads")
	case len(onePass) != onePassSize:
		return fmt.Errorf("its one-pass packet has %d bytes, want %d", len(onePass), onePassSize)
	case onePass[onePassSize-1] == 0:
		return errors.New("its one-pass packet announces a further signature, and a cluster reads messages with one alone")
	}
	announced := description{kind: onePass[1], hash: onePass[2], algorithm: onePass[3], issuer: binary.BigEndian.Uint64(onePass[4:])}
	if announced != signature {
		return errors.New("its one-pass packet announces another signature than follows: type, hash, algorithm and key id have to be the same")
	}
	return nil
}
