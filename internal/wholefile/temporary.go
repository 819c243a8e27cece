package wholefile

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofrs/flock"
)

const (
	mostName   = 200 // bytes of a name that are part of its temporary name: file systems allow 255
	randomPart = 10  // characters
	oldSuffix  = ".old"
	// leftoverAge is when something temporary is a leftover on a file system without locks.
	leftoverAge = 24 * time.Hour
)

// temporaryName is a new name for what will be called base.
func temporaryName(base string) string { return temporaryPrefix(base) + rand.Text()[:randomPart] }

// temporaryPrefix begins the temporary names of base, and of nothing else.
func temporaryPrefix(base string) string {
	if len(base) > mostName {
		sum := sha256.Sum256([]byte(base))
		cut := mostName
		for !utf8.RuneStart(base[cut]) {
			cut--
		}
		base = base[:cut] + "." + hex.EncodeToString(sum[:4])
	}
	return "." + base + ".release-x-"
}

// makeBeside makes a folder with a temporary name beside another one: to be renamed, a folder without leave to write must
// not change its parent. unlock ends the lock that keeps other processes from taking it for a leftover.
func makeBeside(dir string) (fresh string, unlock func(), err error) {
	parent := filepath.Dir(dir)
	for range 3 {
		fresh = filepath.Join(parent, temporaryName(filepath.Base(dir)))
		if err := os.Mkdir(fresh, 0o755); err != nil {
			return "", nil, fmt.Errorf("a directory cannot be made in %s: %w", parent, cause(err))
		}
		lock := lockOf(fresh)
		_, failed := lock.TryLock()
		unlock = func() { _ = lock.Close() }
		if _, err := os.Lstat(fresh); err == nil || failed != nil {
			return fresh, unlock, nil
		}
		unlock() // another process deleted it before it was locked
	}
	return "", nil, fmt.Errorf("a directory that is made in %s is deleted at once", parent)
}

// createBeside makes a file with a temporary name beside another one, as makeBeside does a folder.
func createBeside(path string, mode fs.FileMode) (file *os.File, unlock func(), err error) {
	for range 3 {
		name := filepath.Join(filepath.Dir(path), temporaryName(filepath.Base(path)))
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if err != nil {
			return nil, nil, err
		}
		if runtime.GOOS == "windows" { // a lock would block this process's own writes, and Windows does not delete an open file
			return file, func() {}, nil
		}
		lock := lockOf(name)
		_, failed := lock.TryLock()
		unlock = func() { _ = lock.Close() }
		if _, err := os.Lstat(name); err == nil || failed != nil {
			return file, unlock, nil
		}
		unlock() // another process deleted it before it was locked
		_ = file.Close()
	}
	return nil, nil, errors.New("a file that is made beside it is deleted at once")
}

// lockOf locks a folder or a file for as long as its process lives, where the file system can do that.
func lockOf(path string) *flock.Flock { return flock.New(path, flock.SetFlag(os.O_RDONLY)) }

// leftovers are what killed processes left beside a folder or a file: what was to take its name, or what had it before.
type leftovers struct {
	kind fs.FileMode // fs.ModeDir, or 0 for regular files
	old  bool
}

// removeLeftovers deletes leftovers. What cannot be deleted stays: it does no harm.
func removeLeftovers(path string, which leftovers) {
	parent := filepath.Dir(path)
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		name, isOld := strings.CutSuffix(e.Name(), oldSuffix)
		random, ok := strings.CutPrefix(name, temporaryPrefix(filepath.Base(path)))
		if ok && isOld == which.old && len(random) == randomPart && e.Type() == which.kind && abandoned(filepath.Join(parent, e.Name())) {
			_ = remove(filepath.Join(parent, e.Name()))
		}
	}
}

// abandoned says whether a temporary folder or file is this user's, and no process works on it.
func abandoned(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || !own(info) {
		return false
	}
	lock := lockOf(path)
	free, err := lock.TryLock()
	_ = lock.Close()
	return free || err != nil && !errors.Is(err, fs.ErrNotExist) && time.Since(info.ModTime()) > leftoverAge
}

// remove deletes a folder or a file that this process made or may write to, whatever mode it was given.
func remove(dir string) error {
	if dir == "" {
		return nil
	}
	_ = os.Chmod(dir, 0o700)
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("%s cannot be deleted: %w", dir, err)
	}
	return nil
}
