package image

import (
	"bytes"
	"context"
	"maps"
	"path"
	"slices"
	"sync"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload"
)

// layerForm names the form of layerRecord in the cache. Change it with layerRecord.
const layerForm = "layer-3"

// maxRecordContent is how many bytes of files a record may have.
const maxRecordContent = 8 * mebi

// isRecorded reports whether a record has the content of a file: it has the two files that describe a release, and the
// operator's manifests, which are templates and rendered anew each time.
func isRecorded(directory, name string) bool {
	if directory == ReleaseDirectory {
		return isMetadata(name)
	}
	return payload.IsManifestName(name)
}

// layer returns a layer from its record in the cache, or else reads the layer and records it. When it is read again because the
// record lacks contents, these are recorded too. found is called when the layer turns out to have files of a release while it is
// read; it may be nil.
func (s *stored) layer(ctx context.Context, b blob, want Want, total *total, above *tree, found func()) (*layer, error) {
	l, known := s.recorded(b, want, above)
	if l != nil {
		return l, l.count(s.limits, total)
	}
	found = once(found)
	keeps := s.keepsForCache(want, known)
	tries := 0
	l, err := retryDamaged(func() (*layer, error) {
		attempt := total.attempt()
		if tries++; tries > 1 && want.Restart != nil {
			want.Restart()
		}
		l := &layer{want: want, limits: s.limits, total: attempt, above: above, keepsForCache: keeps, found: found}
		read, err := l.read(ctx, b)
		if err != nil {
			attempt.undo()
		}
		return read, err
	})
	if err != nil || s.cache == nil {
		return l, err
	}
	if known == nil || known.operatorSkipped && !l.operatorSkipped {
		s.keepLayer(b.digest, l)
	}
	if known != nil {
		s.keepContents(b.digest, l)
	}
	for name, file := range l.files {
		if want.drops(path.Dir(name), path.Base(name), file.Data) {
			file.Data = nil // it was read for the record
			l.files[name] = file
		}
	}
	return l, nil
}

// keepsForCache says of which files the contents are kept for records: of a layer that is read again for contents, all, unless they
// take too much memory.
func (s *stored) keepsForCache(want Want, known *layer) func(directory, name string) bool {
	switch {
	case s.cache == nil:
		return nil
	case known == nil || want.Contents == nil || want.Relevant != nil:
		return isRecorded
	}
	var size int64
	for _, file := range known.files {
		size += file.Size
	}
	if size > min(maxContents, s.limits.PayloadSize/2) {
		return isRecorded
	}
	return AllContents
}

// once returns a function that calls f, which may be nil, the first time.
func once(f func()) func() {
	if f == nil {
		return func() {}
	}
	return sync.OnceFunc(f)
}

// count takes the files of a layer from the payload's limit.
func (l *layer) count(limits Limits, total *total) error {
	for name, file := range l.files {
		if err := total.keepEntry(limits, name, int64(len(file.Data))); err != nil {
			return err
		}
	}
	return nil
}

// recorded returns a layer from its record, nil if the record does not have everything that is wanted. known is all that the
// record has, nil without one.
func (s *stored) recorded(b blob, want Want, above *tree) (l, known *layer) {
	var record layerRecord
	if !s.cache.Derived(layerForm, b.digest, &record) {
		return nil, nil
	}
	known = record.layer()
	if known.operatorSkipped && want.Operator {
		return nil, known
	}
	contents := sync.OnceValue(func() map[string][]byte { return s.contents(b.digest) })
	l = &layer{files: map[string]payload.File{}, nested: known.nested, whiteouts: known.whiteouts}
	for name, file := range known.files {
		directory, base := path.Dir(name), path.Base(name)
		if directory == OperatorDirectory && !want.Operator {
			continue
		}
		if want.keeps(directory, base) && file.Data == nil && !above.has(name) {
			data, ok := contents()[name]
			if !ok || int64(len(data)) != file.Size {
				return nil, known
			}
			file.Data = data
		}
		switch {
		case want.drops(directory, base, file.Data):
			file.Data = nil
		case want.Relevant != nil:
			file.Data = bytes.Clone(file.Data) // the others are freed
		}
		l.files[name] = file
	}
	return l, known
}

// keepLayer records a layer, unless it has too much content.
func (s *stored) keepLayer(d digest.Digest, l *layer) {
	size := 0
	for _, name := range l.nested {
		size += len(name)
	}
	for name, file := range l.files {
		if isRecorded(path.Dir(name), path.Base(name)) {
			size += len(file.Data)
		}
	}
	if size <= maxRecordContent {
		s.cache.KeepDerived(layerForm, d, l.record())
	}
}

// layerRecord is what the cache keeps of a layer, so that the layer need not be read again: the names and sizes of the
// payload's files, its whiteouts, and the content of small files that are always needed. A layer without files of the
// payload has a record too, so that it is searched once.
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
		OperatorSkipped: l.operatorSkipped, Nested: l.nested,
		Hidden: slices.Sorted(maps.Keys(l.whiteouts.paths)), Opaque: slices.Sorted(maps.Keys(l.whiteouts.opaque)),
	}
	for _, name := range slices.Sorted(maps.Keys(l.files)) {
		file := fileRecord{Path: name, Size: l.files[name].Size}
		if isRecorded(path.Dir(name), path.Base(name)) {
			file.Data = l.files[name].Data
		}
		r.Files = append(r.Files, file)
	}
	return r
}

func (r layerRecord) layer() *layer {
	l := &layer{operatorSkipped: r.OperatorSkipped, nested: r.Nested, whiteouts: newWhiteouts(), files: make(map[string]payload.File, len(r.Files))}
	for _, name := range r.Hidden {
		l.whiteouts.paths[name] = true
	}
	for _, name := range r.Opaque {
		l.whiteouts.opaque[name] = true
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

// KeepsDerived is false without a cache that can be written.
func (s *stored) KeepsDerived() bool { return s.cache.Blobs().Writable() }

// KeepDerived needs a value that was made of verified files.
func (s *stored) KeepDerived(kind string, value any) {
	s.cache.KeepDerived(kind, s.identity.Digest, value)
}
