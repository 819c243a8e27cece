package ocilayout

import (
	"context"
	"io"
	"io/fs"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// counting is a storage in memory that counts its calls.
type counting struct {
	calls map[string]int
	order []string
	blobs map[oci.Digest]string
	index []byte
}

func (c *counting) call(name string) {
	c.calls[name]++
	if n := len(c.order); n == 0 || c.order[n-1] != name {
		c.order = append(c.order, name)
	}
}

func (c *counting) open(d oci.Digest) (io.ReadCloser, error) {
	c.call("open")
	content, ok := c.blobs[d]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(strings.NewReader(content)), nil
}

func (c *counting) write(_ context.Context, d oci.Digest, _ int64, content io.Reader) error {
	c.call("write")
	data, err := io.ReadAll(content)
	if err == nil {
		c.blobs[d] = string(data)
	}
	return err
}

func (c *counting) remove(d oci.Digest) error {
	c.call("remove")
	delete(c.blobs, d)
	return nil
}

func (c *counting) put(string, []byte) (bool, error) {
	c.call("put")
	return true, nil
}

func (c *counting) commit(_ context.Context, update func([]byte) ([]byte, error)) (err error) {
	c.call("commit")
	c.index, err = update(c.index)
	return err
}

func (c *counting) close() error { return nil }
