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

// layer is what one layer has in the payload's directories, and hides of the layers below.
type layer struct {
	want          Want
	limits        Limits
	total         *total                            // of all layers
	above         *tree                             // of the layers above: content that it has is not kept again
	keepsForCache func(directory, name string) bool // files whose content is kept too; nil for none
	found         func()                            // called at entries of the release's directory

	buffer          []byte                  // of the file that is read, if contents are shared
	operatorSkipped bool                    // an entry of the operator's directory was skipped
	files           map[string]payload.File // by path
	nested          []string                // paths of files in directories of the release's directory
	seen            map[string]seenEntry    // paths in the payload's directories
	whiteouts       whiteouts
}

type seenEntry struct {
	number    int64
	directory bool
}

// read reads one layer. Nothing of it is returned unless all of it was verified.
func (l *layer) read(ctx context.Context, b blob) (*layer, error) {
	l.files, l.nested, l.seen, l.whiteouts = map[string]payload.File{}, nil, map[string]seenEntry{}, newWhiteouts()
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
	if marker, err := l.whiteouts.mark(name); marker || err != nil {
		return err
	}
	if err := l.total.keepEntry(l.limits, name, 0); err != nil {
		return err
	}
	directory := header.Typeflag == tar.TypeDir
	if err := l.checkEntry(number, name, header.Typeflag); err != nil {
		return err
	}
	l.seen[name] = seenEntry{number, directory}
	dir, _ := path.Split(name)
	switch nested := strings.Contains(strings.TrimSuffix(dir, "/"), "/"); {
	case !directory && nested && strings.HasPrefix(dir, ReleaseDirectory+"/"):
		l.nested = append(l.nested, name)
		return nil
	case directory, nested, dir == "":
		return nil // directories in the directories are skipped, as the operator does
	}
	if err := l.limits.checkFile(name, header.Size); err != nil {
		return err
	}
	file, err := l.file(name, header.Size, content)
	if err != nil {
		return err
	}
	l.files[name] = file
	return nil
}

// file reads a file, with its content if that is kept.
func (l *layer) file(name string, size int64, content io.Reader) (file payload.File, err error) {
	dir, base := path.Dir(name), path.Base(name)
	file = payload.File{Name: base, Size: size}
	forCache := l.keepsForCache != nil && l.keepsForCache(dir, base)
	if !forCache && (!l.want.keeps(dir, base) || l.above.has(name)) {
		return file, nil
	}
	if err := l.total.keepEntry(l.limits, "", size); err != nil {
		return file, err
	}
	if !forCache && l.want.takes(dir, base) {
		return file, l.want.Take(base, size, content)
	}
	if file.Data, err = l.content(name, content, size); err != nil {
		return file, err
	}
	if !forCache && l.want.drops(dir, base, file.Data) {
		file.Data = nil
	}
	return file, nil
}

// content reads the content of a file, or returns that of another image if it is the same.
func (l *layer) content(name string, content io.Reader, size int64) (data []byte, err error) {
	if l.want.Shared == nil {
		return readUpTo(nil, content, size)
	}
	if l.buffer == nil {
		l.buffer = make([]byte, 0, mebi)
	}
	if l.buffer, err = readUpTo(l.buffer, content, size); err != nil {
		return nil, err
	}
	return l.want.Shared.keep(name, l.buffer), nil
}

// concerns reports whether an entry is one of the payload's directories, in one of them, or a marker in the root.
func (l *layer) concerns(name string) bool {
	first, _, nested := strings.Cut(name, "/")
	if !nested && strings.HasPrefix(name, whiteoutPrefix) {
		return true
	}
	switch {
	case first == ReleaseDirectory:
		l.found()
		return true
	case first == OperatorDirectory && !l.want.Operator:
		l.operatorSkipped = true
		return false
	}
	return first == OperatorDirectory
}

// checkEntry refuses an entry that is no plain file or directory, and a second entry of a name.
func (l *layer) checkEntry(number int64, name string, kind byte) error {
	base := path.Base(name)
	isDirectory := kind == tar.TypeDir
	first, found := l.seen[name]
	switch {
	case strings.Contains(name, `\`):
		return fault.Errorf(fault.Integrity, "entry %d: the name %q contains a backslash", number, name)
	case !isDirectory && base == name:
		return fault.Errorf(fault.Integrity, "entry %d: %s is %s, want a directory", number, name, typeName(kind))
	case !isDirectory && !isRegular(kind):
		return fault.Errorf(fault.Integrity, "entry %d: %s is %s, want a file", number, name, typeName(kind))
	case isDirectory && isMetadata(base):
		return fault.Errorf(fault.Integrity, "entry %d: %s is a directory, want a file", number, name)
	case found && !(first.directory && isDirectory):
		return fault.Errorf(fault.Integrity, "%s appears twice, as entry %d and entry %d", name, first.number, number)
	}
	return nil
}

// checkHidden refuses a path that the layer both has and hides, because programs differ in which of them they use.
func (l *layer) checkHidden() error {
	for _, name := range slices.Sorted(maps.Keys(l.seen)) {
		if l.whiteouts.contradicts(name) {
			return fault.Errorf(fault.Integrity, "entry %d: %s and a whiteout of it are in the same layer", l.seen[name].number, name)
		}
	}
	return nil
}

// readUpTo reads at most size bytes, into a buffer if they fit into it. It takes memory for the bytes that arrive, not for those that
// a header promises.
func readUpTo(buffer []byte, content io.Reader, size int64) ([]byte, error) {
	data := buffer[:0]
	if first := min(size, mebi); buffer == nil || int64(cap(data)) < first {
		data = make([]byte, 0, first)
	}
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

// As the OCI image specification has it (layer.md, Whiteouts): .wh.NAME hides NAME of the layers below, and .wh..wh..opq
// hides what they have in its directory. Other names that begin with .wh..wh. belong to file systems and are ignored.
const (
	whiteoutPrefix = ".wh."
	whiteoutOwn    = ".wh..wh."
	whiteoutOpaque = ".wh..wh..opq"
)

// whiteouts is what a layer hides of the layers below it.
type whiteouts struct {
	paths  map[string]bool
	opaque map[string]bool // directories with an opaque marker; "." is the root
}

func newWhiteouts() whiteouts { return whiteouts{paths: map[string]bool{}, opaque: map[string]bool{}} }

// mark adds an entry that is a marker, and reports whether it is one.
func (w whiteouts) mark(name string) (marker bool, err error) {
	dir, base := path.Split(name)
	dir = path.Clean(dir)
	switch {
	case base == whiteoutOpaque:
		w.opaque[dir] = true
	case base == whiteoutPrefix, base == whiteoutPrefix+".", base == whiteoutPrefix+"..":
		return true, fault.Errorf(fault.Integrity, "the whiteout %q hides no name", name)
	case strings.HasPrefix(base, whiteoutOwn):
	case strings.HasPrefix(base, whiteoutPrefix):
		w.paths[path.Join(dir, strings.TrimPrefix(base, whiteoutPrefix))] = true
	default:
		return false, nil
	}
	return true, nil
}

// hides reports whether a path of a lower layer, or a directory above it, is hidden.
func (w whiteouts) hides(name string) bool {
	if w.paths[name] {
		return true
	}
	for name != "." {
		name = path.Dir(name)
		if w.opaque[name] || w.paths[name] {
			return true
		}
	}
	return false
}

// contradicts reports whether a path of the same layer is hidden by its own whiteout. Opaque markers do not count: files beside them stay.
func (w whiteouts) contradicts(name string) bool {
	for ; name != "."; name = path.Dir(name) {
		if w.paths[name] {
			return true
		}
	}
	return false
}

func (w whiteouts) add(lower whiteouts) {
	for p := range lower.paths {
		w.paths[p] = true
	}
	for f := range lower.opaque {
		w.opaque[f] = true
	}
}
