package image

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// layer is what one layer holds of the payload's folders and hides of those below it.
type layer struct {
	want   Want
	limits Limits
	total  *total // of all layers
	above  *tree  // what is there already is not kept again
	noting bool   // what a note holds is kept in any case
	found  func() // told at the first entry of the release's folder

	passed bool                    // an entry of the operator's folder was passed over
	files  map[string]payload.File // by path
	nested []string                // paths of files in folders of the release's folder
	seen   map[string]sighting     // paths in the payload's folders
	hiding hiding
}

type sighting struct {
	number int64
	folder bool
}

// read reads one layer. Nothing of it is returned unless all of it was verified.
func (l *layer) read(ctx context.Context, b blob) (*layer, error) {
	l.files, l.nested, l.seen, l.hiding = map[string]payload.File{}, nil, map[string]sighting{}, newHiding()
	if err := b.scan(ctx, l.limits, l.total, l.visit); err != nil {
		return nil, err
	}
	if err := l.checkHidden(); err != nil {
		return nil, fmt.Errorf("%s: %w", b.name, err)
	}
	return l, nil
}

func (l *layer) visit(number int64, header *tar.Header, content io.Reader) error {
	name, err := entryName(number, header)
	if err != nil {
		return err
	}
	if !l.concerns(name) {
		return nil
	}
	if marker, err := l.hiding.note(name); marker || err != nil {
		return err
	}
	if err := l.total.keepEntry(l.limits, name, 0); err != nil {
		return err
	}
	folder := header.Typeflag == tar.TypeDir
	if err := l.checkEntry(number, name, header.Typeflag); err != nil {
		return err
	}
	l.seen[name] = sighting{number, folder}
	dir, base := path.Split(name)
	switch nested := strings.Contains(strings.TrimSuffix(dir, "/"), "/"); {
	case !folder && nested && strings.HasPrefix(dir, ReleaseFolder+"/"):
		l.nested = append(l.nested, name)
		return nil
	case folder, nested, dir == "":
		return nil // folders in the folders are skipped, as the operator does
	}
	if err := l.limits.checkFile(name, header.Size); err != nil {
		return err
	}
	file := payload.File{Name: base, Size: header.Size}
	if l.want.keeps(path.Clean(dir), base) && !l.above.has(name) || l.noting && isNoted(path.Clean(dir), base) {
		if err := l.total.keepEntry(l.limits, "", header.Size); err != nil {
			return err
		}
		if file.Data, err = keep(content, header.Size); err != nil {
			return err
		}
	}
	l.files[name] = file
	return nil
}

// concerns says whether an entry can matter: the payload's folders, what is in them, and markers in the root.
func (l *layer) concerns(name string) bool {
	first, _, nested := strings.Cut(name, "/")
	if !nested && strings.HasPrefix(name, whiteoutPrefix) {
		return true
	}
	switch {
	case first == ReleaseFolder:
		l.found()
		return true
	case first == OperatorFolder && !l.want.Operator:
		l.passed = true
		return false
	}
	return first == OperatorFolder
}

// checkEntry refuses what is no plain file or folder, and what is there already.
func (l *layer) checkEntry(number int64, name string, kind byte) error {
	base := path.Base(name)
	isFolder := kind == tar.TypeDir
	first, found := l.seen[name]
	switch {
	case strings.Contains(name, `\`):
		return fault.Errorf(fault.Integrity, "entry %d: the name %q contains a backslash", number, name)
	case !isFolder && base == name:
		return fault.Errorf(fault.Integrity, "entry %d: %s is %s, want a directory", number, name, typeName(kind))
	case !isFolder && !isRegular(kind):
		return fault.Errorf(fault.Integrity, "entry %d: %s is %s, want a file", number, name, typeName(kind))
	case isFolder && isMetadata(base):
		return fault.Errorf(fault.Integrity, "entry %d: %s is a directory, want a file", number, name)
	case found && !(first.folder && isFolder):
		return fault.Errorf(fault.Integrity, "%s appears twice, as entry %d and entry %d", name, first.number, number)
	}
	return nil
}

// checkHidden refuses a path that the layer both has and hides: programs differ about which of them wins.
func (l *layer) checkHidden() error {
	for _, name := range slices.Sorted(maps.Keys(l.seen)) {
		if l.hiding.contradicts(name) {
			return fault.Errorf(fault.Integrity, "entry %d: %s and a whiteout of it are in the same layer", l.seen[name].number, name)
		}
	}
	return nil
}

// keep reads a file of at most size bytes. Memory grows with what arrives, not with what a header claims, and ends at it.
func keep(content io.Reader, size int64) ([]byte, error) {
	data := make([]byte, 0, min(size, mebi))
	for int64(len(data)) < size {
		if len(data) == cap(data) {
			data = append(make([]byte, 0, min(size, 2*int64(cap(data)))), data...)
		}
		n, err := content.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	return data, nil
}
