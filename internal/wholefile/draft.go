package wholefile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
)

// Draft is a directory that is written file by file before it takes its name, for files whose names are not known at first. Only one
// goroutine may use it. It has to end with Finish or Discard.
type Draft struct {
	system
	to       string // as it was given
	dir      string // the absolute path
	options  Options
	occupied bool   // there is a directory at dir
	fresh    string // the directory that is written
	unlock   func()
	root     *os.Root
	made     map[string]bool   // directories
	sums     map[string]string // of the files by path
	seen     map[string]string // paths by their lower case
}

// IsFree reports whether NewDraft can write a directory without replacing or making others: its parent exists, and it does not exist
// or is empty.
func IsFree(dir string) bool {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		_, missing := os.Lstat(dir)
		parent, err := os.Stat(filepath.Dir(filepath.Clean(dir)))
		return missing != nil && err == nil && parent.IsDir()
	}
	return err == nil && len(entries) == 0
}

// NewDraft begins to write a directory as WriteDirectory does. Errors are fault.Local.
func NewDraft(dir string, o Options) (*Draft, error) { return realSystem().begin(dir, o) }

func (s system) begin(to string, o Options) (*Draft, error) {
	dir, occupied, err := target(to, o)
	if err != nil {
		return nil, local(to, err)
	}
	removeLeftovers(dir, false)
	fresh, unlock, err := makeBeside(dir)
	if err != nil {
		return nil, local(to, err)
	}
	// Through a root no file can be outside.
	root, err := os.OpenRoot(fresh)
	if err != nil {
		unlock()
		return nil, local(to, errors.Join(Cause(err), remove(fresh)))
	}
	return &Draft{
		system: s, to: to, dir: dir, options: o, occupied: occupied, fresh: fresh, unlock: unlock, root: root,
		made: map[string]bool{".": true}, sums: map[string]string{}, seen: map[string]string{},
	}, nil
}

// Add writes a file, in place of one that was added with the same path. Errors are fault.Local, or fault.Integrity for a name that is
// equal to another one on a file system that ignores case.
func (d *Draft) Add(f File) error {
	if err := checkName(d.seen, f.Path, runtime.GOOS); err != nil {
		return err
	}
	if err := d.add(f); err != nil {
		return local(d.to, err)
	}
	return nil
}

func (d *Draft) add(f File) error {
	if directory := path.Dir(f.Path); !d.made[directory] {
		if err := d.root.MkdirAll(directory, 0o755); err != nil {
			return fmt.Errorf("%s: %w", directory, Cause(err))
		}
		d.made[directory] = true
	}
	if d.Has(f.Path) {
		if err := d.remove(f.Path); err != nil {
			return err
		}
	}
	if err := d.write(d.root, f); err != nil {
		return fmt.Errorf("%s: %w", f.Path, Cause(err))
	}
	d.sums[f.Path] = sum(f.Data)
	return nil
}

// Has reports whether a file was added.
func (d *Draft) Has(path string) bool {
	_, has := d.sums[path]
	return has
}

// Paths returns the paths of the files that were added, in any order.
func (d *Draft) Paths() []string {
	paths := make([]string, 0, len(d.sums))
	for path := range d.sums {
		paths = append(paths, path)
	}
	return paths
}

// Remove deletes a file that was added. Errors are fault.Local.
func (d *Draft) Remove(path string) error {
	if err := d.remove(path); err != nil {
		return local(d.to, err)
	}
	return nil
}

func (d *Draft) remove(path string) error {
	if err := d.root.Remove(path); err != nil {
		return fmt.Errorf("%s: %w", path, Cause(err))
	}
	delete(d.sums, path)
	return nil
}

// Finish gives the directory its name. After an error there is nothing left of it. Errors are fault.Local, or the cause of ctx.
func (d *Draft) Finish(ctx context.Context) error { return d.end(ctx, nil) }

// Discard deletes what was written.
func (d *Draft) Discard() error {
	defer d.unlock()
	return errors.Join(d.root.Close(), remove(d.fresh))
}

// end gives the directory its name, or deletes it if err says why it is not complete.
func (d *Draft) end(ctx context.Context, err error) error {
	defer d.unlock()
	if err == nil {
		setMark(d.fresh, contents(d.sums))
	}
	_ = d.root.Close()
	if err == nil && d.options.Sync {
		err = Cause(d.sync(d.fresh))
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	if err == nil && !d.options.Force {
		d.occupied, err = checkTarget(d.dir, d.options) // it may have changed meanwhile
	}
	left := d.fresh // to be deleted
	if err == nil {
		left, err = d.place(d.fresh, d.dir, d.occupied, d.options.Force)
	}
	if err = errors.Join(err, remove(left)); err == nil {
		removeLeftovers(d.dir, true)
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	return local(d.to, err)
}
