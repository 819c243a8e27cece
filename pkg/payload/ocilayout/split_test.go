package ocilayout

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

func blobOf(name string, size int64) oci.Descriptor {
	return oci.Descriptor{Digest: digest.FromString(name), Size: size}
}

// Every blob is in one part, no part is bigger than it may be unless a blob is, and a part with such a blob has no other.
func TestSplit(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 200 {
		c := Contents{Everywhere: []oci.Descriptor{blobOf("manifest", 1000)}, Signatures: []int{500}, Images: []TaggedImage{{Tag: "4.14.0-x86_64"}}}
		for i := range random.IntN(60) {
			c.Blobs = append(c.Blobs, blobOf(fmt.Sprint(round, i), random.Int64N(1<<random.IntN(18))))
		}
		slices.SortFunc(c.Blobs, func(a, b oci.Descriptor) int { return int(b.Size - a.Size) })
		const size = 64 << 10
		s, err := NewSplit(c, size)
		if err != nil {
			t.Fatal(err)
		}
		fixed, err := c.fixedSize()
		if err != nil {
			t.Fatal(err)
		}
		sum, count := make([]int64, s.Count()), make([]int, s.Count())
		for _, b := range c.Blobs {
			i, ok := s.partOf[b.Digest]
			if !ok {
				t.Fatalf("round %d: %s is in no part", round, b.Digest)
			}
			sum[i], count[i] = sum[i]+entrySize(b.Size), count[i]+1
		}
		for i := range sum {
			if fixed+sum[i] > size && count[i] != 1 || count[i] == 0 && s.Count() > 1 {
				t.Errorf("round %d: part %d of %d has %d blobs and %d bytes", round, i+1, s.Count(), count[i], fixed+sum[i])
			}
		}
		partOf := PartOf(s.partBlobs())
		for _, b := range c.Blobs {
			if got := partOf(b.Digest); got != s.partOf[b.Digest]+1 {
				t.Errorf("round %d: the annotation says part %d of %s, want %d", round, got, b.Digest, s.partOf[b.Digest]+1)
			}
		}
		if got := partOf(digest.FromString("another")); got != 0 {
			t.Errorf("round %d: the annotation says part %d of another blob", round, got)
		}
	}
}

func TestSplitIntoPartsThatAreTooSmall(t *testing.T) {
	c := Contents{Everywhere: []oci.Descriptor{blobOf("manifest", 5000)}}
	least, err := c.fixedSize()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewSplit(c, least-1); fault.KindOf(err) != fault.Usage {
		t.Errorf("one byte less than needed: %v", err)
	}
	if s, err := NewSplit(c, least); err != nil || s.Count() != 1 {
		t.Errorf("what is needed: %d parts, %v", s.Count(), err)
	}
}
