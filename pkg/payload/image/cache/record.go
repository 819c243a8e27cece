package cache

import (
	"bytes"
	"crypto/sha256"
	"io"

	"github.com/fxamacker/cbor/v2"
)

// A record is a line that says what it is, a checksum, and a value in CBOR. The number in the line is that of the format:
// records of another format do not exist for this program.
const (
	recordFamily = "oc-release-x cache "
	recordLine   = recordFamily + "2\n"
	maxRecord    = 64 << 20 // bytes of a value
)

// checksum is over the value and the name, so that a record under another name is damaged.
func checksum(name string, value []byte) []byte {
	hash := sha256.New()
	_, _ = io.WriteString(hash, recordLine+name+"\n")
	_, _ = hash.Write(value)
	return hash.Sum(nil)
}

// write keeps a value, in the background. A value that is too large is not kept.
func (c *Cache) write(name string, value any) {
	store := c.Blobs()
	if !store.Writable() {
		return
	}
	encoded, err := cbor.Marshal(value)
	if err != nil || len(encoded) > maxRecord {
		return
	}
	data := make([]byte, 0, len(recordLine)+sha256.Size+len(encoded))
	data = append(data, recordLine...)
	data = append(data, checksum(name, encoded)...)
	store.WriteFile(name, append(data, encoded...))
}

// read reads a value into a pointer. A damaged record is deleted.
func (c *Cache) read(name string, value any) bool {
	store := c.Blobs()
	if store == nil {
		return false
	}
	data, ok := store.ReadFile(name, 2*maxRecord)
	if !ok {
		return false
	}
	sealed, current := bytes.CutPrefix(data, []byte(recordLine))
	if !current && bytes.HasPrefix(data, []byte(recordFamily)) {
		return false
	}
	if !current || len(sealed) < sha256.Size || !bytes.Equal(sealed[:sha256.Size], checksum(name, sealed[sha256.Size:])) {
		store.Damaged(name, "its checksum is wrong")
		return false
	}
	if err := decode(sealed[sha256.Size:], value); err != nil {
		store.Damaged(name, wrongForm)
		return false
	}
	return true
}

// wrongForm is the damage of a record with a checksum and a value that cannot be decoded.
const wrongForm = "its value has another form"

// decode decodes CBOR. Paths in it need not be UTF-8.
func decode(data []byte, value any) error {
	mode, err := cbor.DecOptions{UTF8: cbor.UTF8DecodeInvalid}.DecMode()
	if err != nil {
		return err
	}
	return mode.Unmarshal(data, value)
}
