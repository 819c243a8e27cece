package ocilayout

import (
	"fmt"
	"strings"

	"github.com/release-x/oc-release-x/internal/archivepart"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Contents are what the parts of an archive have together.
type Contents struct {
	Images     []TaggedImage
	Everywhere []oci.Descriptor // what every part has: all manifests, and the blobs that have to be read before anything is copied
	Blobs      []oci.Descriptor // the other blobs, each once, the biggest first
	Signatures []int            // bytes of each OpenPGP signature
}

// TaggedImage is an image that index.json names.
type TaggedImage struct {
	oci.Descriptor
	Tag    string
	Source oci.PullSpec
}

// Split says which part of an archive has which blob. The parts are counted from 0.
type Split struct {
	contents Contents
	count    int
	partOf   map[oci.Digest]int
}

// NewSplit distributes contents over parts of at most size bytes. It depends on its arguments alone, so an interrupted run can be
// continued. A blob that is bigger than a part gets a part to itself. A size that not even the manifests fit in is fault.Usage.
func NewSplit(c Contents, size int64) (Split, error) {
	fixed, err := c.fixedSize()
	if err != nil {
		return Split{}, err
	}
	if fixed > size {
		return Split{}, fault.WithHint(fault.Usage, fmt.Sprintf("want --archive-size %d or more", fixed), "parts of %d bytes are too small, because every part has all manifests", size)
	}
	s := Split{contents: c, partOf: make(map[oci.Digest]int, len(c.Blobs))}
	var room []int64 // in each part
	for _, b := range c.Blobs {
		i, need := 0, entrySize(b.Size)
		for i < len(room) && room[i] < need {
			i++
		}
		if i == len(room) {
			room = append(room, size-fixed)
		}
		room[i] -= need
		s.partOf[b.Digest] = i
	}
	s.count = max(1, len(room))
	return s, nil
}

// fixedSize is the number of bytes of a part without blobs of its own.
func (c Contents) fixedSize() (int64, error) {
	x, err := parseIndex(nil)
	if err != nil {
		return 0, err
	}
	for _, i := range c.Images {
		x.put(i.Tag, i.Source.String(), i.Descriptor)
	}
	text, err := x.marshal()
	if err != nil {
		return 0, err
	}
	const annotations = 300 // bytes of those that an index of a part has, without partBlobs
	index := len(text) + annotations + len(c.Blobs)*(prefixLength+2)
	size := int64(len(firstEntry())) + entrySize(int64(index)) + 2*tarBlock // which end the archive
	for _, d := range c.Everywhere {
		size += entrySize(d.Size)
	}
	for _, n := range c.Signatures {
		size += entrySize(int64(n))
	}
	return size, nil
}

// entrySize is the number of bytes of a file in a tar file, with its header. No name here needs a longer header.
func entrySize(size int64) int64 { return tarBlock + size + padding(size) }

// Count is the number of parts, at least 1.
func (s Split) Count() int { return s.count }

// Names are the files of the parts of an archive: FILE.001, FILE.002, and so on.
func (s Split) Names(file string) (names []string) {
	for i := range s.count {
		names = append(names, archivepart.Name(file, i+1))
	}
	return names
}

// prefixLength is how many hexadecimal digits of a digest the annotation PartBlobs has.
const prefixLength = 12

// partBlobs is the value of the annotation PartBlobs.
func (s Split) partBlobs() string {
	parts := make([][]string, s.count)
	for _, b := range s.contents.Blobs {
		i := s.partOf[b.Digest]
		parts[i] = append(parts[i], b.Digest.Encoded()[:prefixLength])
	}
	var texts []string
	for _, p := range parts {
		texts = append(texts, strings.Join(p, " "))
	}
	return strings.Join(texts, "|")
}

// PartOf finds the part with a blob in the value of the annotation PartBlobs. The parts are counted from 1; 0 is none of them.
func PartOf(partBlobs string) func(oci.Digest) int {
	numbers := map[string]int{}
	for i, part := range strings.Split(partBlobs, "|") {
		for _, prefix := range strings.Fields(part) {
			numbers[prefix] = i + 1
		}
	}
	return func(d oci.Digest) int { return numbers[d.Encoded()[:min(prefixLength, len(d.Encoded()))]] }
}
