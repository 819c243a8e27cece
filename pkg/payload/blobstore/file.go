package blobstore

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"
)

// The directories of a store, and the names in them.
const (
	blobDirectory      = "blobs/sha256" // HEX, and HEX.partial while it is downloaded
	lockDirectory      = "locks"        // HEX
	temporaryDirectory = "tmp"
	partialSuffix      = ".partial"
)

// touchAfter is how often the time of the last use is updated.
const touchAfter = time.Hour

func blobName(d digest.Digest) string { return path.Join(blobDirectory, d.Encoded()) }

func createFile(root *os.Root, name string) (io.WriteCloser, error) {
	return root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
}

// WriteFile writes a file of the index in the background: it appears whole or not at all. An error ends all writing to the
// store. name is a path with slashes below one of the index directories.
func (s *Store) WriteFile(name string, data []byte) {
	root := s.writable()
	if root == nil {
		return
	}
	s.writes.Go(func() {
		temporary := path.Join(temporaryDirectory, rand.Text())
		err := s.fill(root, temporary, data)
		if err == nil {
			err = place(root, temporary, name)
		}
		if err != nil {
			_ = root.Remove(temporary)
			s.stopWriting(err)
			return
		}
		s.stored.Store(true)
	})
}

func (s *Store) fill(root *os.Root, name string, data []byte) error {
	if err := root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := s.create(root, name)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// place gives a finished file its name.
func place(root *os.Root, temporary, name string) error {
	if err := root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return err
	}
	return root.Rename(temporary, name)
}

// ReadFile reads at most limit bytes of an index file. A file that cannot be one is deleted. A file that users other than
// this one and root may have written is not read: index files decide what commands print, and a checksum in them does not
// keep others from writing a valid one.
func (s *Store) ReadFile(name string, limit int64) ([]byte, bool) {
	root := s.root()
	if root == nil || s.foreign != nil {
		return nil, false
	}
	data, err := s.readFile(root, name, limit)
	switch foreign := (*foreignError)(nil); {
	case err == nil:
		return data, true
	case errors.Is(err, fs.ErrNotExist):
	case errors.Is(err, fs.ErrPermission), errors.As(err, &foreign):
		s.skipped(name, err)
	default:
		s.Damaged(name, err.Error())
	}
	return nil, false
}

func (s *Store) readFile(root *os.Root, name string, limit int64) ([]byte, error) {
	f, info, err := s.openRegular(root, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := s.checkOwners(root, name, info); err != nil {
		return nil, err
	}
	data := bytes.NewBuffer(make([]byte, 0, min(info.Size(), limit)+bytes.MinRead))
	if _, err := data.ReadFrom(io.LimitReader(f, limit)); err != nil {
		return nil, err
	}
	s.touch(root, name, info)
	return data.Bytes(), nil
}

// foreignError is the error of an index file that others may have written.
type foreignError struct{ error }

// checkOwners refuses an index file that others may have written: the file itself, or something in a directory above it.
func (s *Store) checkOwners(root *os.Root, name string, info fs.FileInfo) error {
	for {
		if err := checkOwner(s.path(name), info); err != nil {
			return &foreignError{err}
		}
		if name = path.Dir(name); !strings.Contains(name, "/") {
			return nil // checkDirectories has checked it
		}
		var err error
		if info, err = root.Lstat(name); err != nil {
			return err
		}
	}
}

// errNotRegular is the damage of a file that is a directory or a link.
var errNotRegular = errors.New("it is not a regular file")

// openRegular opens a regular file, and nothing that a link leads to. A file that is known to be damaged does not exist.
func (s *Store) openRegular(root *os.Root, name string) (*os.File, fs.FileInfo, error) {
	if _, damaged := s.damages.Load(name); damaged {
		return nil, nil, fs.ErrNotExist
	}
	info, err := root.Lstat(name)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, errNotRegular
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, nil, err
	}
	return f, info, nil
}

// touch updates the time of a file's last use, once an hour at most.
func (s *Store) touch(root *os.Root, name string, info fs.FileInfo) {
	if now := s.options.Now(); !s.inspecting && !s.readOnly.Load() && now.Sub(info.ModTime()).Abs() > touchAfter {
		_ = root.Chtimes(name, now, now)
	}
}
