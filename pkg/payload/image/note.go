package image

import (
	"context"
	"maps"
	"path"
	"slices"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/frame"
	"github.com/release-x/oc-release-x/pkg/payload"
)

// A note is what the cache keeps of a layer so that it need not be read again: which files of the payload's folders it
// holds and how large they are, which lie too deep to be read, what it hides, and the content of those that are small and
// always asked for. A layer that holds nothing of the payload has a note too, so that nobody looks into it twice.
const (
	layerNote = "layer-2" // the number is that of this form
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
	data, ok := s.cache.Note(layerNote, b.digest)
	if !ok {
		return nil, nil
	}
	known, err := decodeLayer(data)
	if err != nil {
		return nil, nil
	}
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
		s.cache.KeepNote(layerNote, d, l.encode())
	}
}

func (l *layer) encode() []byte {
	var w frame.Writer
	w.Flag(l.passed)
	w.Texts(slices.Sorted(maps.Keys(l.hiding.paths)))
	w.Texts(slices.Sorted(maps.Keys(l.hiding.folders)))
	w.Texts(l.nested)
	w.Number(uint64(len(l.files)))
	for _, name := range slices.Sorted(maps.Keys(l.files)) {
		file := l.files[name]
		w.Text(name)
		w.Number(uint64(file.Size))
		with := isNoted(path.Dir(name), path.Base(name))
		w.Flag(with)
		if with {
			w.Data(file.Data)
		}
	}
	return w.Bytes()
}

// decodeLayer reads a note; contents are part of it.
func decodeLayer(data []byte) (*layer, error) {
	r := frame.NewReader(data)
	l := &layer{passed: r.Flag(), hiding: newHiding()}
	for _, name := range r.Texts() {
		l.hiding.paths[name] = true
	}
	for _, name := range r.Texts() {
		l.hiding.folders[name] = true
	}
	l.nested = r.Texts()
	count := r.Count()
	l.files = make(map[string]payload.File, count)
	for range count {
		name := r.Text()
		file := payload.File{Name: path.Base(name), Size: int64(r.Number())}
		if r.Flag() {
			file.Data = r.Data()
		}
		l.files[name] = file
	}
	return l, r.Finish()
}

// Note gives what was made of the image's files before, and KeepNote keeps that for the next time. Only images of
// registries have notes, and only with a cache. kind is a word for what is noted and in which form.
func (s *stored) Note(kind string) ([]byte, bool) { return s.cache.Note(kind, s.identity.Digest) }

// KeepNote is to be given what was made of verified files alone.
func (s *stored) KeepNote(kind string, note []byte) { s.cache.KeepNote(kind, s.identity.Digest, note) }
