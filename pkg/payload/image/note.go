package image

import (
	"context"
	"maps"
	"path"
	"slices"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload"
)

// A note is what the cache keeps of a layer so that it need not be read again: which files of the payload's folders it
// holds and how large they are, which lie too deep to be read, what it hides, and the content of those that are small and
// always asked for. A layer that holds nothing of the payload has a note too, so that nobody looks into it twice.
const (
	layerNote = "layer-3" // the number is that of layerRecord
	noteMost  = 8 * mebi  // bytes of contents
)

// isNoted says whether the content of a file is in the note: the two files that describe a release, and the operator's
// manifests, which are templates and rendered anew each time.
func isNoted(folder, name string) bool {
	if folder == ReleaseFolder {
		return isMetadata(name)
	}
	return payload.IsManifestName(name)
}

// layer gives what a layer holds: as noted, or as read, which is noted then. found is told while the layer is read
// that it holds a release; it may be nil.
func (s *stored) layer(ctx context.Context, b blob, want Want, total *total, above *tree, found func()) (*layer, error) {
	l, known := s.noted(b, want, above)
	if l != nil {
		return l, l.count(s.limits, total)
	}
	tell := onced(found)
	l, err := again(func() (*layer, error) {
		attempt := total.attempt()
		l := &layer{want: want, limits: s.limits, total: attempt, above: above, noting: s.cache != nil, found: tell}
		read, err := l.read(ctx, b)
		if err != nil {
			attempt.undo()
		}
		return read, err
	})
	if err != nil || s.cache == nil {
		return l, err
	}
	if known == nil || known.passed && !l.passed {
		s.note(b.digest, l)
	}
	for name, file := range l.files {
		if !want.keeps(path.Dir(name), path.Base(name)) {
			file.Data = nil // it was for the note
			l.files[name] = file
		}
	}
	return l, nil
}

// count takes what is kept of a layer from the payload's limit.
func (l *layer) count(limits Limits, total *total) error {
	for name, file := range l.files {
		if err := total.keepEntry(limits, name, int64(len(file.Data))); err != nil {
			return err
		}
	}
	return nil
}

// noted gives a layer as it is noted, as far as that is enough. known is the note itself.
func (s *stored) noted(b blob, want Want, above *tree) (l, known *layer) {
	var record layerRecord
	if !s.cache.Derived(layerNote, b.digest, &record) {
		return nil, nil
	}
	known = record.layer()
	if known.passed && want.Operator {
		return nil, known
	}
	l = &layer{files: map[string]payload.File{}, nested: known.nested, hiding: known.hiding}
	for name, file := range known.files {
		folder, base := path.Dir(name), path.Base(name)
		if folder == OperatorFolder && !want.Operator {
			continue
		}
		if !want.keeps(folder, base) {
			file.Data = nil
		} else if file.Data == nil && !above.has(name) {
			return nil, known
		}
		l.files[name] = file
	}
	return l, known
}

func (s *stored) note(d digest.Digest, l *layer) {
	size := 0
	for _, name := range l.nested {
		size += len(name)
	}
	for name, file := range l.files {
		if isNoted(path.Dir(name), path.Base(name)) {
			size += len(file.Data)
		}
	}
	if size <= noteMost {
		s.cache.KeepDerived(layerNote, d, l.record())
	}
}

// layerRecord is a layer as the cache keeps it.
type layerRecord struct {
	_               struct{} `cbor:",toarray"` // without the names of fields
	OperatorSkipped bool
	Hidden          []string // paths of whiteouts
	Opaque          []string // directories with an opaque whiteout
	Nested          []string
	Files           []fileRecord
}

type fileRecord struct {
	_    struct{} `cbor:",toarray"`
	Path string
	Size int64
	Data []byte // nil when the content is not kept
}

func (l *layer) record() layerRecord {
	r := layerRecord{
		OperatorSkipped: l.passed, Nested: l.nested,
		Hidden: slices.Sorted(maps.Keys(l.hiding.paths)), Opaque: slices.Sorted(maps.Keys(l.hiding.folders)),
	}
	for _, name := range slices.Sorted(maps.Keys(l.files)) {
		file := fileRecord{Path: name, Size: l.files[name].Size}
		if isNoted(path.Dir(name), path.Base(name)) {
			file.Data = l.files[name].Data
		}
		r.Files = append(r.Files, file)
	}
	return r
}

func (r layerRecord) layer() *layer {
	l := &layer{passed: r.OperatorSkipped, nested: r.Nested, hiding: newHiding(), files: make(map[string]payload.File, len(r.Files))}
	for _, name := range r.Hidden {
		l.hiding.paths[name] = true
	}
	for _, name := range r.Opaque {
		l.hiding.folders[name] = true
	}
	for _, file := range r.Files {
		l.files[file.Path] = payload.File{Name: path.Base(file.Path), Size: file.Size, Data: file.Data}
	}
	return l
}

// Derived and KeepDerived are those of the cache, for the image's digest.
func (s *stored) Derived(kind string, value any) bool {
	return s.cache.Derived(kind, s.identity.Digest, value)
}

// KeepDerived needs a value that was made of verified files.
func (s *stored) KeepDerived(kind string, value any) {
	s.cache.KeepDerived(kind, s.identity.Digest, value)
}
