// Package cache keeps on disk what was read from registries, so that the second time costs no request: manifests by
// repository and digest, the digest last seen behind each tag, blobs by digest, and notes about what is in them.
//
// Nothing in it is trusted. Readers hash blobs again, and everything else carries a checksum over its content and its own
// name. A damaged file is deleted and fetched again, with one warning on stderr. So files need no fsync, only a rename: one
// that a power failure cuts short counts as damaged. When the cache fails, the command goes on without it.
//
// A checksum does not stop another user from writing a valid record. So records are read only from a folder that only this
// user and root can write to; from any other folder only blobs are read, and nothing is written there.
package cache

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// What is kept, and how long, unless Options say otherwise.
const (
	DefaultLimit = 2 << 30             // bytes
	DefaultAge   = 30 * 24 * time.Hour // since the last use
	lockWait     = 30 * time.Second    // for another process that downloads the same
	tempAge      = 24 * time.Hour      // of what an interrupted process left behind
	sweepEvery   = time.Hour
)

// Options say where the cache is. Its zero value keeps nothing.
type Options struct {
	Dir     string // "" keeps nothing
	Program string // which build writes notes: those of another one are not read

	Limit    int64         // bytes of everything; 0 is DefaultLimit
	Age      time.Duration // what was not used for longer is deleted; 0 is DefaultAge
	LockWait time.Duration // how long to wait for another process; 0 is 30 s

	Now   func() time.Time                 // nil is the clock
	Notef func(format string, args ...any) // tells the user about the cache itself; may be nil
}

// Cache is a folder of what was fetched. It is safe for use by several goroutines and processes. A nil Cache keeps
// nothing and has nothing.
type Cache struct {
	options Options
	folder  func() *os.Root // opened at the first use; nil when there is no cache
	create  func(root *os.Root, name string) (file, error)

	looking   bool // what is read is not used
	blobsOnly bool // others may have written the folder

	damages sync.Map              // names of files that are damaged and cannot be deleted
	noted   atomic.Bool           // that writing fails
	full    atomic.Bool           // nothing is written any more
	reason  atomic.Pointer[error] // why not everything is kept
	stored  atomic.Bool           // something was, so it is time to look at the limits
	writes  sync.WaitGroup
}

// New makes a cache. Nothing is opened before it is used.
func New(o Options) *Cache {
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	if o.Age == 0 {
		o.Age = DefaultAge
	}
	if o.LockWait == 0 {
		o.LockWait = lockWait
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &Cache{options: o, create: createFile}
	c.folder = sync.OnceValue(c.open)
	return c
}

// open opens or makes the folder, and finds out how far it can be used.
func (c *Cache) open() *os.Root {
	if c.options.Dir == "" {
		return nil
	}
	err := os.MkdirAll(c.options.Dir, 0o700)
	root, foreign := (*os.Root)(nil), error(nil)
	if err == nil {
		root, foreign, err = openFolder(c.options.Dir)
	}
	if err != nil {
		c.reason.Store(&err)
		c.notef("the cache is not used: %v; --cache-dir names another directory, --no-cache disables it", err)
		return nil
	}
	if foreign != nil {
		c.blobsOnly = true
		c.reason.Store(&foreign)
		c.full.Store(true)
		c.notef("only blobs are read from the cache, and nothing is written: %v; --cache-dir names another directory", foreign)
	} else if err := checkWritable(c.options.Dir); err != nil {
		c.unwritable(err)
	}
	return root
}

// openFolder opens a cache's folder. foreign says why others may have written to it, nil when only this user and root can.
func openFolder(dir string) (root *os.Root, foreign, err error) {
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
	inner, err := checkFolders(dir, root)
	if err != nil {
		_ = root.Close()
		return nil, nil, err
	}
	return root, cmp.Or(checkOwner(dir, info), inner), nil
}

// checkFolders refuses a cache in which something else has the name of one of its folders: what lies behind a link can be
// neither believed nor mended. foreign is as in openFolder.
func checkFolders(dir string, root *os.Root) (foreign, err error) {
	for _, folder := range []string{path.Dir(blobFolder), blobFolder, noteFolder, repositoryFolder, lockFolder, tempFolder} {
		info, err := root.Lstat(folder)
		at := filepath.Join(dir, filepath.FromSlash(folder))
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

// root is the folder, nil when nothing is kept.
func (c *Cache) root() *os.Root {
	if c == nil {
		return nil
	}
	return c.folder()
}

// Wait ends when everything is written, and when it is time deletes what is old or too much.
func (c *Cache) Wait() {
	if c == nil {
		return
	}
	c.writes.Wait()
	if c.stored.Load() {
		c.sweep()
	}
}

// Problem says why not everything was kept, nil when it was. Ask after Wait.
func (c *Cache) Problem() error {
	if c == nil {
		return nil
	}
	if why := c.reason.Load(); why != nil {
		return *why
	}
	return nil
}

func (c *Cache) notef(format string, args ...any) {
	if c.options.Notef != nil {
		c.options.Notef(format, args...)
	}
}

// unwritable gives up writing, and says so once.
func (c *Cache) unwritable(err error) {
	c.reason.CompareAndSwap(nil, &err)
	c.full.Store(true)
	if !c.noted.Swap(true) {
		c.notef("nothing more is written to the cache %s: %v", filepath.Clean(c.options.Dir), err)
	}
}

// damaged deletes a damaged file and warns about it. A file that cannot be deleted is not read again.
func (c *Cache) damaged(root *os.Root, name, why string) {
	file := filepath.Join(c.options.Dir, filepath.FromSlash(name))
	if c.full.Load() {
		if _, known := c.damages.LoadOrStore(name, true); !known {
			c.notef("the cache's file %s is damaged (%s)", file, why)
		}
		return
	}
	if err := root.RemoveAll(name); err != nil {
		c.damages.Store(name, true)
		c.unwritable(fmt.Errorf("%s is damaged (%s) and cannot be deleted: %w", file, why, err))
		return
	}
	c.notef("the cache's file %s was damaged (%s) and is deleted", file, why)
}

// unread warns once about a file that is skipped although it is not damaged.
func (c *Cache) unread(name string, why error) {
	if _, known := c.damages.LoadOrStore(name, true); !known {
		c.notef("the cache's file %s is not read: %v", filepath.Join(c.options.Dir, filepath.FromSlash(name)), why)
	}
}
