package cache

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"slices"

	"github.com/fxamacker/cbor/v2"
)

// A record is a line that says what it is, a checksum, and values in CBOR. The number in the line is that of the format:
// records of another format do not exist for this program.
const (
	recordFamily = "oc-release-x cache "
	recordLine   = recordFamily + "2\n"
	maxRecord    = 64 << 20 // bytes of the values
)

// checksum is over the values and the name, so that a record under another name is damaged.
func checksum(name string, values []byte) []byte {
	hash := sha256.New()
	_, _ = io.WriteString(hash, recordLine+name+"\n")
	_, _ = hash.Write(values)
	return hash.Sum(nil)
}

// write keeps values, in the background. Values that are too large are not kept.
func (c *Cache) write(name string, values ...any) {
	store := c.Blobs()
	if !store.Writable() {
		return
	}
	var encoded bytes.Buffer
	encoder := cbor.NewEncoder(&encoded)
	for _, value := range values {
		if encoder.Encode(value) != nil || encoded.Len() > maxRecord {
			return
		}
	}
	store.WriteFile(name, slices.Concat([]byte(recordLine), checksum(name, encoded.Bytes()), encoded.Bytes()))
}

// read reads the only value of a record into a pointer. A damaged record is deleted.
func (c *Cache) read(name string, value any) bool {
	encoded, ok := c.readEncoded(name)
	if !ok {
		return false
	}
	if err := decode(encoded, value); err != nil {
		c.store.Damaged(name, wrongForm)
		return false
	}
	return true
}

// readEncoded reads the values of a record. A damaged record is deleted.
func (c *Cache) readEncoded(name string) ([]byte, bool) {
	store := c.Blobs()
	if store == nil {
		return nil, false
	}
	data, ok := store.ReadFile(name, 2*maxRecord)
	if !ok {
		return nil, false
	}
	sealed, current := bytes.CutPrefix(data, []byte(recordLine))
	if !current && bytes.HasPrefix(data, []byte(recordFamily)) {
		return nil, false
	}
	if !current || len(sealed) < sha256.Size || !bytes.Equal(sealed[:sha256.Size], checksum(name, sealed[sha256.Size:])) {
		store.Damaged(name, "its checksum is wrong")
		return nil, false
	}
	return sealed[sha256.Size:], true
}

// wrongForm is the damage of a record with a checksum and a value that cannot be decoded.
const wrongForm = "its value has another form"

// decode decodes a value of CBOR, which has nothing after it.
func decode(data []byte, value any) error {
	rest, err := decodeFirst(data, value)
	if err == nil && len(rest) > 0 {
		err = errors.New("more values than expected")
	}
	return err
}

// decodeFirst decodes the first value of CBOR and returns the rest. Texts need not be UTF-8, because paths need not.
func decodeFirst(data []byte, value any) (rest []byte, err error) {
	mode, err := cbor.DecOptions{UTF8: cbor.UTF8DecodeInvalid}.DecMode()
	if err != nil {
		return nil, err
	}
	return mode.UnmarshalFirst(data, value)
}
