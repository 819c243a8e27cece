package image

import (
	"maps"
	"slices"

	"github.com/klauspost/compress/s2"
	"github.com/opencontainers/go-digest"
)

// contentsForm names the form of contentsRecord in the cache. Change it with contentsRecord.
const contentsForm = "contents-1"

// maxContents is how many bytes of files a contentsRecord may have.
const maxContents = 64 * mebi

// contentsRecord is what the cache keeps of a layer that is read again with all its contents: the contents that layerRecord does not
// have, in a form that is read in a tenth of the time that the layer takes.
type contentsRecord struct {
	_     struct{} `cbor:",toarray"` // without the names of fields
	Paths []string
	Sizes []int
	Data  []byte // the contents one after the other, compressed with S2
}

// keepContents records the contents of a layer, unless some were not read or they are too large.
func (s *stored) keepContents(d digest.Digest, l *layer) {
	var record contentsRecord
	var data []byte
	for _, name := range slices.Sorted(maps.Keys(l.files)) {
		file := l.files[name]
		if file.Data == nil || len(data)+len(file.Data) > maxContents {
			return
		}
		record.Paths, record.Sizes = append(record.Paths, name), append(record.Sizes, len(file.Data))
		data = append(data, file.Data...)
	}
	record.Data = s2.Encode(nil, data)
	s.cache.KeepDerived(contentsForm, d, record)
}

// contents returns the contents of a layer's files by path, nil without a record of them.
func (s *stored) contents(d digest.Digest) map[string][]byte {
	var record contentsRecord
	if !s.cache.Derived(contentsForm, d, &record) || len(record.Paths) != len(record.Sizes) {
		return nil
	}
	if size, err := s2.DecodedLen(record.Data); err != nil || size > maxContents {
		return nil
	}
	data, err := s2.Decode(nil, record.Data)
	if err != nil {
		return nil
	}
	files := make(map[string][]byte, len(record.Paths))
	for i, name := range record.Paths {
		size := record.Sizes[i]
		if size < 0 || size > len(data) {
			return nil
		}
		files[name], data = data[:size:size], data[size:]
	}
	if len(data) > 0 {
		return nil
	}
	return files
}
