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
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofrs/flock"
)

const (
	maxName    = 200 // bytes of a name that are part of its temporary name: file systems allow 255
	randomPart = 10  // characters
	oldSuffix  = ".old"
	// leftoverAge is the age at which a temporary directory is a leftover on a file system without locks.
	leftoverAge = 24 * time.Hour
)

// temporaryName returns a new name for a file or directory that will be called base.
func temporaryName(base string) string { return temporaryPrefix(base) + rand.Text()[:randomPart] }

// temporaryPrefix is the prefix of the temporary names of base, and of no other name.
func temporaryPrefix(base string) string {
	if len(base) > maxName {
		sum := sha256.Sum256([]byte(base))
		cut := maxName
		for !utf8.RuneStart(base[cut]) {
			cut--
		}
		base = base[:cut] + "." + hex.EncodeToString(sum[:4])
	}
	return "." + base + ".release-x-"
}

// makeBeside makes a directory with a temporary name in the parent of another one, because a write-protected directory can
// only be renamed within its parent. Until unlock, other processes do not take it for a leftover.
func makeBeside(dir string) (fresh string, unlock func(), err error) {
	parent := filepath.Dir(dir)
	for range 3 {
		fresh = filepath.Join(parent, temporaryName(filepath.Base(dir)))
		if err := os.Mkdir(fresh, 0o755); err != nil {
			return "", nil, fmt.Errorf("a directory cannot be made in %s: %w", parent, Cause(err))
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

// lockOf returns a lock on a directory, which ends with the process at the latest. Some file systems have no locks.
func lockOf(path string) *flock.Flock { return flock.New(path, flock.SetFlag(os.O_RDONLY)) }

// removeLeftovers deletes what killed processes left beside a directory: directories that were to take its name, or with old
// those that had it before. What cannot be deleted stays, and does no harm.
func removeLeftovers(dir string, old bool) {
	parent := filepath.Dir(dir)
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		name, isOld := strings.CutSuffix(e.Name(), oldSuffix)
		random, ok := strings.CutPrefix(name, temporaryPrefix(filepath.Base(dir)))
		if ok && isOld == old && len(random) == randomPart && e.IsDir() && abandoned(filepath.Join(parent, e.Name())) {
			_ = remove(filepath.Join(parent, e.Name()))
		}
	}
}

// abandoned reports whether a temporary directory belongs to this user and no process works on it.
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

// remove deletes a directory of this user, whatever its mode is.
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
