package ocilayout

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gofrs/flock"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// partial is a file that is being written under another name than its own.
type partial struct {
	file  *os.File
	lock  *flock.Flock
	empty bool // it has nothing to continue with
}

// openPartial opens or makes FILE.partial and locks it. Some file systems have no locks; two processes must not write one file
// there.
func openPartial(name string) (*partial, error) {
	name += partialSuffix
	for {
		if info, err := os.Lstat(name); err == nil && !info.Mode().IsRegular() {
			return nil, fault.Errorf(fault.Local, "%s is not a regular file", name)
		}
		file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, err
		}
		p := &partial{file: file, lock: flock.New(lockName(name), flock.SetPermissions(0o644))}
		if free, err := p.lock.TryLock(); err == nil && !free {
			return nil, errors.Join(fault.Errorf(fault.Local, "another process is writing %s: wait until it ends, or choose another file name", name), p.unlock())
		}
		// The process that held the lock may have renamed or deleted the file.
		opened, err := file.Stat()
		if err != nil {
			return nil, errors.Join(err, p.unlock())
		}
		if named, err := os.Lstat(name); err == nil && os.SameFile(opened, named) {
			return p, nil
		}
		if err := p.unlock(); err != nil {
			return nil, err
		}
	}
}

// lockName is the file to lock for another one: the file itself, or on Windows one beside it, because a locked file cannot be
// written there.
func lockName(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".lock"
	}
	return name
}

func (p *partial) unlock() error {
	return errors.Join(ignoreClosed(p.file.Close()), p.lock.Close())
}

// close ends the use of the file, and deletes it if no run can continue with it.
func (p *partial) close() error {
	name := p.file.Name()
	if runtime.GOOS == "windows" { // does not delete an open file
		_ = p.file.Close()
	}
	if p.empty {
		_ = os.Remove(name)
	}
	return p.unlock()
}

// rename gives the file its name, and ends its use.
func (p *partial) rename(to string) error {
	if err := p.file.Close(); err != nil {
		return err
	}
	if err := os.Rename(p.file.Name(), to); err != nil {
		return err
	}
	if directory, err := os.Open(filepath.Dir(to)); err == nil {
		_ = directory.Sync() // not every system can do it
		_ = directory.Close()
	}
	return p.unlock()
}

func ignoreClosed(err error) error {
	if errors.Is(err, fs.ErrClosed) {
		return nil
	}
	return err
}
