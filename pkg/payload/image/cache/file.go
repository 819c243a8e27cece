package cache

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"time"
)

// The folders of a cache, and the names in them.
const (
	blobFolder       = "blobs/sha256" // HEX, and HEX.partial while it is fetched
	noteFolder       = "notes"        // KIND/HEX
	repositoryFolder = "repositories" // HEX of the name/HEX, and HEX of the name/tags/HEX of the tag
	lockFolder       = "locks"        // HEX
	tempFolder       = "tmp"
	sweptFile        = "swept"
	partial          = ".partial"
)

// touchAfter is how often the time of the last use is written down.
const touchAfter = time.Hour

// file is a file being written. It is not synced to the disk: readers check that it is complete.
type file = io.WriteCloser

func createFile(root *os.Root, name string) (file, error) {
	return root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
}

// writable is the folder when something may be written to it.
func (c *Cache) writable() *os.Root {
	root := c.root()
	if root == nil || c.full.Load() {
		return nil
	}
	return root
}

// write puts a small file in its place, in the background: it is there whole or not at all.
func (c *Cache) write(name string, data []byte) {
	root := c.writable()
	if root == nil {
		return
	}
	c.writes.Go(func() {
		temporary := path.Join(tempFolder, rand.Text())
		err := c.fill(root, temporary, data)
		if err == nil {
			err = c.place(root, temporary, name)
		}
		if err != nil {
			_ = root.Remove(temporary)
			c.unwritable(err)
			return
		}
		c.stored.Store(true)
	})
}

func (c *Cache) fill(root *os.Root, name string, data []byte) error {
	if err := root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := c.create(root, name)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// place gives a finished file its name.
func (c *Cache) place(root *os.Root, temporary, name string) error {
	if err := root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return err
	}
	return root.Rename(temporary, name)
}

// used writes down that a file was of use, now and then.
func (c *Cache) used(root *os.Root, name string, info fs.FileInfo) {
	if now := c.options.Now(); !c.looking && !c.full.Load() && now.Sub(info.ModTime()).Abs() > touchAfter {
		_ = root.Chtimes(name, now, now)
	}
}
