package cache

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// item is a file of the cache.
type item struct {
	name string
	size int64
	used time.Time
}

// temporary says whether it is of use to nobody but the process that writes it, and the one that goes on with it.
func (i item) temporary() bool {
	return strings.HasPrefix(i.name, tempFolder+"/") || strings.HasPrefix(i.name, lockFolder+"/") || strings.HasSuffix(i.name, partial)
}

// items are the files in the cache's own folders; whatever else lies beside them is not looked at.
func items(root *os.Root) []item {
	var list []item
	for _, folder := range []string{blobFolder, noteFolder, repositoryFolder, lockFolder, tempFolder} {
		// What cannot be read, or vanishes meanwhile, is left alone.
		_ = fs.WalkDir(root.FS(), folder, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return nil
			}
			if info, err := entry.Info(); err == nil {
				list = append(list, item{name, info.Size(), info.ModTime()})
			}
			return nil
		})
	}
	return list
}

// sweep deletes what is old, and then what was not used for longest until the rest is well below the limit. It looks
// once an hour at most.
func (c *Cache) sweep() {
	root := c.root()
	now := c.options.Now()
	if info, err := root.Lstat(sweptFile); err == nil && now.Sub(info.ModTime()).Abs() < sweepEvery {
		return
	}
	if err := root.WriteFile(sweptFile, nil, 0o600); err != nil {
		return
	}
	_ = root.Chtimes(sweptFile, now, now)
	for _, i := range superfluous(items(root), now, c.options.Age, c.options.Limit) {
		_ = root.Remove(i.name)
	}
}

// superfluous picks what is to be deleted. A time in the future is a clock that was wrong, and no age.
func superfluous(list []item, now time.Time, age time.Duration, limit int64) []item {
	var gone, stay []item
	total := int64(0)
	for _, i := range list {
		unused := now.Sub(i.used)
		if unused > age || i.temporary() && unused > tempAge {
			gone = append(gone, i)
			continue
		}
		total += i.size
		if !i.temporary() {
			stay = append(stay, i)
		}
	}
	if total <= limit {
		return gone
	}
	slices.SortFunc(stay, func(a, b item) int { return cmp.Or(a.used.Compare(b.used), cmp.Compare(a.name, b.name)) })
	for _, i := range stay {
		if total <= limit/10*9 {
			break
		}
		gone = append(gone, i)
		total -= i.size
	}
	return gone
}

// Cleaning says what Clean deletes.
type Cleaning struct {
	All       bool          // everything
	OlderThan time.Duration // what was not used for longer, and what interrupted processes left behind a day ago
}

// Clean deletes files of a cache and says how many there were, and how large. What cannot be deleted does not keep it from
// the rest. Errors are fault.Local; a folder that is not there is an empty cache.
func Clean(o Options, what Cleaning) (files int, bytes int64, err error) {
	c, root, foreign, err := inspect(o)
	if root == nil {
		return 0, 0, err
	}
	defer root.Close()
	if foreign != nil {
		return 0, 0, local(fmt.Errorf("nothing is deleted: %w", foreign))
	}
	list := items(root)
	if !what.All {
		list = superfluous(list, c.options.Now(), what.OlderThan, 1<<62)
	}
	var stay []error
	for _, i := range list {
		// A lock that is held is deleted by who holds it.
		if what.All && path.Dir(i.name) == lockFolder {
			continue
		}
		err := root.Remove(i.name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // by another process, which also gives its temporary files their names
		}
		if err != nil {
			stay = append(stay, fmt.Errorf("%s: %w", filepath.Join(o.Dir, filepath.FromSlash(i.name)), cause(err)))
			continue
		}
		files++
		bytes += i.size
	}
	switch len(stay) {
	case 0:
		return files, bytes, nil
	case 1:
		return files, bytes, local(fmt.Errorf("a file cannot be deleted: %w", stay[0]))
	}
	return files, bytes, local(fmt.Errorf("%d files cannot be deleted, the first is %w", len(stay), stay[0]))
}

// cause is what the system says of a path.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
