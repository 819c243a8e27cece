package blobstore

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"
)

const (
	temporaryAge = 24 * time.Hour // of what an interrupted process left behind
	evictEvery   = time.Hour
	evictedFile  = "swept" // its time is that of the last eviction
)

// Entry is a file of a store.
type Entry struct {
	Name string // with slashes, below the store's directory
	Size int64  // bytes
	Used time.Time
}

// Blob returns the digest of a blob, and whether the file is a partial download of it. ok is false for other files.
func (e Entry) Blob() (d digest.Digest, partial, ok bool) {
	if path.Dir(e.Name) != blobDirectory {
		return "", false, false
	}
	hex, partial := strings.CutSuffix(path.Base(e.Name), partialSuffix)
	d = digest.NewDigestFromEncoded(digest.SHA256, hex)
	return d, partial, d.Validate() == nil
}

// temporary reports whether a file is of use only to the process that writes it and to one that continues it.
func (e Entry) temporary() bool {
	return strings.HasPrefix(e.Name, temporaryDirectory+"/") || strings.HasPrefix(e.Name, lockDirectory+"/") ||
		path.Dir(e.Name) == blobDirectory && strings.HasSuffix(e.Name, partialSuffix)
}

// Entries lists the files in the store's directories, in no order. Other files in the directory are not the store's. Files
// that cannot be read, or vanish meanwhile, are left out.
func (s *Store) Entries() []Entry {
	root := s.root()
	if root == nil {
		return nil
	}
	var list []Entry
	for _, directory := range s.directories() {
		_ = fs.WalkDir(root.FS(), directory, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return nil
			}
			if info, err := entry.Info(); err == nil {
				list = append(list, Entry{name, info.Size(), info.ModTime()})
			}
			return nil
		})
	}
	return list
}

// evictHourly deletes what is beyond the limits, once an hour at most.
func (s *Store) evictHourly() {
	root := s.root()
	now := s.options.Now()
	if info, err := root.Lstat(evictedFile); err == nil && now.Sub(info.ModTime()).Abs() < evictEvery {
		return
	}
	if err := root.WriteFile(evictedFile, nil, 0o600); err != nil {
		return
	}
	_ = root.Chtimes(evictedFile, now, now)
	for _, e := range evictable(s.Entries(), now, s.options.Age, s.options.Limit) {
		_ = s.remove(root, e.Name)
	}
}

// evictable chooses the files to delete: those that are too old, and then the least recently used until the rest is a tenth
// below the limit. A time in the future comes from a wrong clock, and counts as now.
func evictable(list []Entry, now time.Time, age time.Duration, limit int64) []Entry {
	var evicted, rest []Entry
	total := int64(0)
	for _, e := range list {
		unused := now.Sub(e.Used)
		if unused > age || e.temporary() && unused > temporaryAge {
			evicted = append(evicted, e)
			continue
		}
		total += e.Size
		if !e.temporary() {
			rest = append(rest, e)
		}
	}
	if total <= limit {
		return evicted
	}
	slices.SortFunc(rest, func(a, b Entry) int { return cmp.Or(a.Used.Compare(b.Used), cmp.Compare(a.Name, b.Name)) })
	for _, e := range rest {
		if total <= limit/10*9 {
			break
		}
		evicted = append(evicted, e)
		total -= e.Size
	}
	return evicted
}

// Cleaning says what Clean deletes.
type Cleaning struct {
	All       bool          // everything
	OlderThan time.Duration // files that were not used for longer, and files that interrupted processes left a day ago
}

// Clean deletes files, and returns how many and how many bytes. Pinned blobs stay. A file that cannot be deleted does not
// keep the others; the error names the first one.
func (s *Store) Clean(what Cleaning) (files int, bytes int64, err error) {
	root := s.root()
	if root == nil {
		return 0, 0, nil
	}
	if s.foreign != nil {
		return 0, 0, fmt.Errorf("nothing is deleted: %w", s.foreign)
	}
	list := s.Entries()
	if !what.All {
		list = evictable(list, s.options.Now(), what.OlderThan, 1<<62)
	}
	var failed []error
	for _, e := range list {
		// A lock that is held is deleted by its holder.
		if what.All && path.Dir(e.Name) == lockDirectory {
			continue
		}
		err := s.remove(root, e.Name)
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, errPinned): // another process was faster, or needs it
		case err != nil:
			failed = append(failed, fmt.Errorf("%s: %w", s.path(e.Name), systemError(err)))
		default:
			files++
			bytes += e.Size
		}
	}
	switch len(failed) {
	case 0:
		return files, bytes, nil
	case 1:
		return files, bytes, fmt.Errorf("a file cannot be deleted: %w", failed[0])
	}
	return files, bytes, fmt.Errorf("%d files cannot be deleted, the first is %w", len(failed), failed[0])
}

// systemError is the system's part of an error about a path.
func systemError(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
