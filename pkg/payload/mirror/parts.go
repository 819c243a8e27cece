package mirror

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/ocilayout"
)

// Parts says which parts of a split archive were opened.
type Parts struct {
	Count int   // of the archive; 0 if it was not split
	Have  []int // those that were opened, counted from 1, in their order

	partOf []func(oci.Digest) int // of each
}

// Parts returns the parts among the layouts.
func (s Saved) Parts() (p Parts) {
	for _, l := range s {
		number, count, _ := strings.Cut(l.Annotation(ocilayout.Part), "/")
		i, err := strconv.Atoi(number)
		n, countErr := strconv.Atoi(count)
		if err != nil || countErr != nil || i < 1 || i > n {
			continue
		}
		p.Count = max(p.Count, n)
		p.Have = append(p.Have, i)
		p.partOf = append(p.partOf, ocilayout.PartOf(l.Annotation(ocilayout.PartBlobs)))
	}
	slices.Sort(p.Have)
	p.Have = slices.Compact(p.Have)
	return p
}

// elsewhere reports whether a part that was not opened has a blob.
func (p Parts) elsewhere(d oci.Digest) bool {
	return len(p.With([]Blob{{Descriptor: oci.Descriptor{Digest: d}}})) > 0
}

// With returns the parts that were not opened and have some of the blobs, in their order.
func (p Parts) With(blobs []Blob) (numbers []int) {
	for _, b := range blobs {
		for _, partOf := range p.partOf {
			if n := partOf(b.Digest); n > 0 && !slices.Contains(p.Have, n) {
				numbers = append(numbers, n)
				break
			}
		}
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// PartList names parts: part 2, or parts 1, 3 and 4.
func PartList(numbers []int) string {
	if len(numbers) == 1 {
		return fmt.Sprintf("part %d", numbers[0])
	}
	var texts []string
	for _, n := range numbers[:len(numbers)-1] {
		texts = append(texts, strconv.Itoa(n))
	}
	return fmt.Sprintf("parts %s and %d", strings.Join(texts, ", "), numbers[len(numbers)-1])
}
