package cache

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/opencontainers/go-digest"
)

// A record is a small file that vouches for itself: a line that says what it is, a checksum, the content. The number
// in the line is the format's: records of another one are as good as absent.
const (
	recordFamily = "oc-release-x cache "
	recordLine   = recordFamily + "1\n"
	recordMost   = 64 << 20
)

// checksum is over the content and the name: a record under another name is none.
func checksum(name string, content []byte) []byte {
	hash := sha256.New()
	_, _ = io.WriteString(hash, recordLine+name+"\n")
	_, _ = hash.Write(content)
	return hash.Sum(nil)
}

func (c *Cache) writeRecord(name string, content []byte) {
	if len(content) > recordMost {
		return
	}
	data := make([]byte, 0, len(recordLine)+sha256.Size+len(content))
	data = append(data, recordLine...)
	data = append(data, checksum(name, content)...)
	c.write(name, append(data, content...))
}

// readRecord gives the content of a record. One that is damaged is deleted.
func (c *Cache) readRecord(name string) ([]byte, bool) {
	root := c.root()
	if root == nil || c.blobsOnly {
		return nil, false
	}
	data, err := c.readFile(root, name)
	switch foreign := (*foreignError)(nil); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, false
	case errors.Is(err, fs.ErrPermission), errors.As(err, &foreign):
		c.unread(name, err)
		return nil, false
	case err != nil:
		c.damaged(root, name, err.Error())
		return nil, false
	}
	sealed, ours := bytes.CutPrefix(data, []byte(recordLine))
	if !ours && bytes.HasPrefix(data, []byte(recordFamily)) {
		return nil, false
	}
	if !ours || len(sealed) < sha256.Size || !bytes.Equal(sealed[:sha256.Size], checksum(name, sealed[sha256.Size:])) {
		c.damaged(root, name, "its checksum is wrong")
		return nil, false
	}
	return sealed[sha256.Size:], true
}

// errNoFile is the damage of a file that is a folder or a link.
var errNoFile = errors.New("it is not a regular file")

func (c *Cache) readFile(root *os.Root, name string) ([]byte, error) {
	f, info, err := c.openRegular(root, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := c.checkOwners(root, name, info); err != nil {
		return nil, err
	}
	data := bytes.NewBuffer(make([]byte, 0, min(info.Size(), recordMost)+bytes.MinRead))
	if _, err := data.ReadFrom(io.LimitReader(f, 2*recordMost)); err != nil {
		return nil, err
	}
	c.used(root, name, info)
	return data.Bytes(), nil
}

// foreignError is that of a record which others may have written.
type foreignError struct{ error }

// checkOwners refuses a record that others may have written: itself, or into one of its folders.
func (c *Cache) checkOwners(root *os.Root, name string, info fs.FileInfo) error {
	for {
		if err := checkOwner(filepath.Join(c.options.Dir, filepath.FromSlash(name)), info); err != nil {
			return &foreignError{err}
		}
		if name = path.Dir(name); !strings.Contains(name, "/") {
			return nil // checkFolders looked at it
		}
		var err error
		if info, err = root.Lstat(name); err != nil {
			return err
		}
	}
}

// openRegular opens a regular file, and nothing that a link leads to. What is known to be damaged does not exist.
func (c *Cache) openRegular(root *os.Root, name string) (*os.File, fs.FileInfo, error) {
	if _, damaged := c.damages.Load(name); damaged {
		return nil, nil, fs.ErrNotExist
	}
	info, err := root.Lstat(name)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, errNoFile
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, nil, err
	}
	return f, info, nil
}

// hashed is the file name for a text of any kind.
func hashed(text string) string { return digest.FromString(text).Encoded() }
