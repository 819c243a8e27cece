package ocilayout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// archive is a layout in a tar file: oci-layout, the blobs in the order in which they arrived, the signatures, and index.json. It is
// written as FILE.partial, which an interrupted run leaves for the next one, and gets its name when it is complete.
type archive struct {
	name string // FILE
	// saved is what FILE had when it was opened; nil if there was no FILE.
	saved     *os.File
	savedHas  contents
	signature map[string][]byte // by name
	partial   *partial          // nil while nothing has to be written

	writing sync.Mutex // is held while an entry is written
	begun   bool       // blobs are read from partial, which has all those of saved

	mu      sync.Mutex // guards what follows
	file    *os.File   // saved or partial
	blobs   map[string]tarEntry
	damaged map[string]tarEntry
	end     int64 // of the last blob in partial
}

// OpenArchive opens a layout in a tar file to add to it, or makes a new one. The file appears when the layout is committed; it is
// not touched before, and not at all if it has everything. What an interrupted run wrote into FILE.partial is used again. A file
// that is no OCI layout, and a FILE.partial that another process writes, are refused. Errors are fault.Local and fault.Integrity.
func OpenArchive(file string, o Options) (*Layout, error) {
	a := newArchive(file)
	err := a.load()
	if err == nil {
		var x index
		if x, err = parseIndex(a.savedHas.index); err == nil {
			l := newLayout(o, a, x)
			l.changed = a.begun && a.saved != nil // the partial file has more than FILE, or replaced a damaged blob
			return l, nil
		}
	}
	_ = a.close()
	if fault.KindOf(err) == fault.Internal {
		return nil, fault.Errorf(fault.Local, "%s: %w", o.Name, err)
	}
	return nil, fmt.Errorf("%s: %w", o.Name, err)
}

func newArchive(file string) *archive {
	return &archive{name: file, blobs: map[string]tarEntry{}, damaged: map[string]tarEntry{}, signature: map[string][]byte{}}
}

func (a *archive) load() error {
	if target, err := filepath.EvalSymlinks(a.name); err == nil {
		a.name = target
	}
	if err := a.openSaved(); err != nil {
		return err
	}
	switch _, err := os.Lstat(a.name + partialSuffix); {
	case err == nil:
		return a.resume()
	case a.saved == nil:
		return a.begin(context.Background())
	}
	return nil
}

// openSaved opens FILE, if there is one.
func (a *archive) openSaved() error {
	switch info, err := os.Stat(a.name); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("it is not a regular file")
	}
	file, err := os.Open(a.name)
	if err != nil {
		return err
	}
	a.saved = file
	if a.savedHas, err = scan(file, false); err != nil {
		return err
	}
	a.use(file, a.savedHas)
	if a.savedHas.index == nil {
		return fault.Errorf(fault.Integrity, "it is not a complete OCI archive (%w): delete it, or choose another file name",
			cmp.Or(a.savedHas.stopped, errors.New("it has no "+indexName)))
	}
	return nil
}

// use reads the blobs from a file.
func (a *archive) use(file *os.File, has contents) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.file, a.end = file, has.end
	for _, e := range has.blobs {
		if _, known := a.damaged[e.name]; !known {
			a.blobs[e.name] = e
		}
	}
	maps.Copy(a.signature, has.signatures)
}

// resume continues a partial file. One that lacks something that FILE has is begun again when something has to be written.
func (a *archive) resume() (err error) {
	if a.partial, err = openPartial(a.name); err != nil {
		return err
	}
	has, err := scan(a.partial.file, true)
	if err != nil {
		return err
	}
	switch {
	case a.saved == nil && len(has.blobs) == 0:
		return a.begin(context.Background())
	case len(has.blobs) < len(a.savedHas.blobs) || !slices.Equal(a.savedHas.blobs, has.blobs[:len(a.savedHas.blobs)]):
		return nil
	}
	if err := a.partial.file.Truncate(has.end); err != nil {
		return err
	}
	a.use(a.partial.file, has)
	a.begun = true
	return nil
}

// begin makes the partial file, as a copy of FILE without its signatures and its index.
func (a *archive) begin(ctx context.Context) (err error) {
	if a.begun {
		return nil
	}
	if a.savedHas.foreign != "" {
		return fault.Errorf(fault.Local, "%s was not written by this program (%s), so nothing can be added to it: choose another file name", a.name, a.savedHas.foreign)
	}
	if a.partial == nil {
		if a.partial, err = openPartial(a.name); err != nil {
			return err
		}
	}
	a.partial.empty = true
	if err := a.partial.file.Truncate(0); err != nil {
		return err
	}
	has := contents{end: int64(len(firstEntry()))}
	if a.saved == nil {
		_, err = a.partial.file.WriteAt(firstEntry(), 0)
	} else {
		has = a.savedHas
		err = a.copySaved(ctx)
	}
	if err != nil {
		return err
	}
	a.use(a.partial.file, has)
	a.begun = true
	return nil
}

// copySaved copies what FILE has up to its last blob.
func (a *archive) copySaved(ctx context.Context) error {
	opened, err := a.saved.Stat()
	if err != nil {
		return err
	}
	if now, err := os.Stat(a.name); err != nil || !os.SameFile(opened, now) {
		return fault.Errorf(fault.Local, "another process has replaced %s: run the command again", a.name)
	}
	_ = a.partial.file.Chmod(opened.Mode().Perm())
	const piece = 16 << 20 // is copied without a look at the context
	for _, file := range []*os.File{a.saved, a.partial.file} {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return err
		}
	}
	for left := a.savedHas.end; left > 0; left -= piece {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := io.CopyN(a.partial.file, a.saved, min(piece, left)); err != nil { // Linux does it without a buffer
			return err
		}
	}
	return nil
}

func (a *archive) open(blob oci.Digest) (io.ReadCloser, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e, ok := a.blobs[blobName(blob)]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(io.NewSectionReader(a.file, e.data, e.size)), nil
}
