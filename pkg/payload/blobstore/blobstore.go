// Package blobstore keeps blobs in a directory, in files that are named by their digests. A blob is written into
// DIGEST.partial under a lock while it is downloaded, and gets its name once its reader has verified it. The next download
// continues a partial file, and a second process waits for the first one.
//
// A Store also holds the small files of an index, such as that of the cache of registries, because both count for the
// same limit and are evicted together, the least recently used first.
//
// Nothing in a store is trusted: every reader hashes what it reads. So no file is synced to the disk; a file that a power
// failure cut short is found damaged, deleted and downloaded again. When the disk is full, or the directory is read-only or
// belongs to others, blobs are passed through without being stored.
package blobstore

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// What is kept, and for how long, unless Options say otherwise.
const (
	DefaultLimit = 2 << 30             // bytes
	DefaultAge   = 30 * 24 * time.Hour // since the last use
	lockWait     = 30 * time.Second    // for another process that downloads the same blob
)

// Options describe a store.
type Options struct {
	Dir  string // the directory; it is made when it is first used
	Name string // what messages call the store: "the cache"
	// Hint is how the user names another directory. It follows messages about this one.
	Hint string
	// Index names the directories, beside those of the blobs, in which ReadFile and WriteFile work.
	Index []string

	Limit    int64         // bytes of all files together; 0 is DefaultLimit
	Age      time.Duration // files that were not used for longer are deleted; 0 is DefaultAge
	LockWait time.Duration // how long to wait for another process; 0 is 30 s

	Now   func() time.Time                 // nil is the clock
	Notef func(format string, args ...any) // receives notes about the store for the user; may be nil
}

// Store is a directory of blobs and index files. It is safe for use by several goroutines and processes. A nil Store
// stores nothing and is empty.
type Store struct {
	options   Options
	directory func() *os.Root                                          // opened at the first use; nil when it cannot be used
	create    func(root *os.Root, name string) (io.WriteCloser, error) // tests replace it

	opened     atomic.Pointer[os.Root] // the directory once it is open, for Close
	inspecting bool                    // reading does not count as use
	foreign    error                   // why others may have written the directory; known once it is open

	damages  sync.Map              // names of files that are damaged and cannot be deleted, or that were reported
	readOnly atomic.Bool           // nothing is written any more
	noted    atomic.Bool           // the user knows that nothing is written
	problem  atomic.Pointer[error] // why not everything is stored
	stored   atomic.Bool           // something was stored, so the limits are to be checked
	writes   sync.WaitGroup
}

// New makes a store. Nothing is opened before it is used.
func New(o Options) *Store {
	s := newStore(o)
	s.directory = sync.OnceValue(s.open)
	return s
}

func newStore(o Options) *Store {
	o.Name = cmp.Or(o.Name, "the blob store")
	o.Limit = cmp.Or(o.Limit, DefaultLimit)
	o.Age = cmp.Or(o.Age, DefaultAge)
	o.LockWait = cmp.Or(o.LockWait, lockWait)
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Store{options: o, create: createFile}
}

// Inspect opens a store to look at it or to clean it: nothing is created, and reading does not count as use. The store is
// nil when the directory does not exist. Close it after use.
func Inspect(o Options) (*Store, error) {
	s := newStore(o)
	root, foreign, err := s.openDirectory()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	s.directory = func() *os.Root { return root }
	s.opened.Store(root)
	s.inspecting, s.foreign = true, foreign
	return s, nil
}

// open opens or makes the directory, and finds out how far it can be used.
func (s *Store) open() *os.Root {
	err := os.MkdirAll(s.options.Dir, 0o700)
	var root *os.Root
	if err == nil {
		root, s.foreign, err = s.openDirectory()
	}
	if err != nil {
		s.problem.Store(&err)
		s.notef("%s is not used: %v%s", s.options.Name, err, s.hint())
		return nil
	}
	s.opened.Store(root)
	if s.foreign != nil {
		s.problem.Store(&s.foreign)
		s.readOnly.Store(true)
		s.notef("only blobs are read from %s, and nothing is written: %v%s", s.options.Name, s.foreign, s.hint())
	} else if err := checkWritable(s.options.Dir); err != nil {
		s.stopWriting(err)
	}
	return root
}

// openDirectory opens an existing directory. foreign says why users other than this one and root may have written to it.
func (s *Store) openDirectory() (root *os.Root, foreign, err error) {
	dir := s.options.Dir
	info, err := os.Stat(dir)
	if err != nil {
		return nil, nil, err
	}
	if !info.IsDir() {
		return nil, nil, fmt.Errorf("%s is not a directory", dir)
	}
	root, err = os.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	inner, err := s.checkDirectories(root)
	if err != nil {
		_ = root.Close()
		return nil, nil, err
	}
	return root, cmp.Or(checkOwner(dir, info), inner), nil
}

// checkDirectories refuses a store in which one of its directories is a link or a file: what a link leads to can neither be
// trusted nor repaired. foreign is as in openDirectory.
func (s *Store) checkDirectories(root *os.Root) (foreign, err error) {
	for _, name := range append([]string{path.Dir(blobDirectory)}, s.directories()...) {
		info, err := root.Lstat(name)
		at := s.path(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, err
		case info.Mode().Type() == fs.ModeSymlink:
			return nil, fmt.Errorf("%s is a link, want a directory", at)
		case !info.IsDir():
			return nil, fmt.Errorf("%s is a file, want a directory", at)
		case foreign == nil:
			foreign = checkOwner(at, info)
		}
	}
	return foreign, nil
}

// directories are the directories whose files are the store's.
func (s *Store) directories() []string {
	return slices.Concat([]string{blobDirectory}, s.options.Index, []string{lockDirectory, temporaryDirectory})
}

// root is the directory, nil when there is none.
func (s *Store) root() *os.Root {
	if s == nil {
		return nil
	}
	return s.directory()
}

// writable is the directory when files may be written to it, else nil.
func (s *Store) writable() *os.Root {
	root := s.root()
	if root == nil || s.readOnly.Load() {
		return nil
	}
	return root
}

// Usable reports whether the store can be read.
func (s *Store) Usable() bool { return s.root() != nil }

// Writable reports whether files may be written to the store.
func (s *Store) Writable() bool { return s.writable() != nil }

// Foreign returns an error that says how other users than this one and root can write to the store, nil if they cannot. Index
// files of a foreign store are not read, and nothing is written to it.
func (s *Store) Foreign() error {
	if s.root() == nil {
		return nil
	}
	return s.foreign
}

// Problem says why not everything was stored, nil when everything was. Ask after Wait.
func (s *Store) Problem() error {
	if s == nil {
		return nil
	}
	if problem := s.problem.Load(); problem != nil {
		return *problem
	}
	return nil
}

// Wait returns when everything is written. Once an hour it also deletes files that are beyond the limits.
func (s *Store) Wait() {
	if s == nil {
		return
	}
	s.writes.Wait()
	if s.stored.Load() {
		s.evictHourly()
	}
}

// Close waits until everything is written and closes the directory. The store cannot be used afterwards.
func (s *Store) Close() error {
	if s == nil {
		return nil
	}
	s.writes.Wait()
	if root := s.opened.Load(); root != nil {
		return root.Close()
	}
	return nil
}

func (s *Store) path(name string) string {
	return filepath.Join(s.options.Dir, filepath.FromSlash(name))
}

func (s *Store) hint() string {
	if s.options.Hint == "" {
		return ""
	}
	return "; " + s.options.Hint
}

func (s *Store) notef(format string, args ...any) {
	if s.options.Notef != nil {
		s.options.Notef(format, args...)
	}
}

// stopWriting ends all writing to the store, and tells the user once.
func (s *Store) stopWriting(err error) {
	s.problem.CompareAndSwap(nil, &err)
	s.readOnly.Store(true)
	if !s.noted.Swap(true) {
		s.notef("nothing more is written to %s %s: %v", s.options.Name, filepath.Clean(s.options.Dir), err)
	}
}

// Damaged deletes a damaged file and tells the user why. A file that cannot be deleted is not read again.
func (s *Store) Damaged(name, why string) {
	root := s.root()
	if root == nil {
		return
	}
	if s.readOnly.Load() {
		if _, reported := s.damages.LoadOrStore(name, true); !reported {
			s.notef("%s's file %s is damaged (%s)", s.options.Name, s.path(name), why)
		}
		return
	}
	if err := root.RemoveAll(name); err != nil {
		s.damages.Store(name, true)
		s.stopWriting(fmt.Errorf("%s is damaged (%s) and cannot be deleted: %w", s.path(name), why, err))
		return
	}
	s.notef("%s's file %s was damaged (%s) and is deleted", s.options.Name, s.path(name), why)
}

// skipped tells the user once about a file that is not read although it is not damaged.
func (s *Store) skipped(name string, why error) {
	if _, reported := s.damages.LoadOrStore(name, true); !reported {
		s.notef("%s's file %s is not read: %v", s.options.Name, s.path(name), why)
	}
}
