package cache

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

func TestEntries(t *testing.T) {
	started := time.Now().Add(-time.Minute) // file systems round times
	c, _ := fresh(t)
	config, layer, alone := newBlob(10), newBlob(20), newBlob(30)
	image := []byte(fmt.Sprintf(`{"schemaVersion":2,"config":{"digest":%q},"layers":[{"digest":%q}]}`, config.digest, layer.digest))
	imageDigest := digest.FromBytes(image)
	list := []byte(fmt.Sprintf(`{"schemaVersion":2,"manifests":[{"digest":%q}]}`, imageDigest))
	listDigest := digest.FromBytes(list)
	c.KeepManifest(oci.SplitRepository("a.b/c"), imageDigest, "type", image)
	c.KeepManifest(oci.SplitRepository("a.b/c"), listDigest, "type", list)
	c.KeepManifest(oci.SplitRepository("a.b/mirror"), imageDigest, "type", image)
	c.KeepTag(oci.SplitRepository("a.b/c"), "multi", listDigest)
	c.KeepTag(oci.SplitRepository("a.b/c"), "single", imageDigest)
	c.KeepNote("layer", layer.digest, []byte("note"))
	for _, b := range []*blob{config, layer, alone} {
		b.good(t, c)
	}
	begun := newBlob(40)
	begin(t, c, begun, begun.data[:7])
	entries, err := Entries(c.options)
	if err != nil {
		t.Fatal(err)
	}
	of := []string{"a.b/c:multi", "a.b/c:single", "a.b/mirror@" + imageDigest.String()}
	want := []Entry{
		{Digest: imageDigest, Kind: Manifest, References: of},
		{Digest: listDigest, Kind: List, References: []string{"a.b/c:multi"}},
		{Digest: config.digest, Kind: Config, Size: 10, References: of},
		{Digest: layer.digest, Kind: Layer, References: of},
		{Digest: alone.digest, Kind: Blob, Size: 30},
		{Digest: begun.digest, Kind: Blob, Size: 7, Partial: true},
	}
	slices.SortFunc(want, func(a, b Entry) int { return strings.Compare(string(a.Digest), string(b.Digest)) })
	for i, e := range entries {
		if e.Used.Before(started) || e.Size <= 0 {
			t.Errorf("%s: used at %v, %d bytes", e.Digest, e.Used, e.Size)
		}
		if e.Kind != Config && e.Kind != Blob {
			entries[i].Size = 0 // what a record takes beyond its content is the record's business
		}
	}
	if diff := cmp.Diff(want, entries, cmpopts.IgnoreFields(Entry{}, "Used"), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

// To look at a cache is not to use it.
func TestEntriesUseNothing(t *testing.T) {
	c, _ := fresh(t)
	c.KeepManifest(oci.SplitRepository("a.b/c"), newBlob(1).digest, "type", newBlob(1).data)
	c.Wait()
	later := time.Now().Add(10 * day).Truncate(time.Second)
	c.options.Now = func() time.Time { return later }
	for range 2 {
		entries, err := Entries(c.options)
		if err != nil || len(entries) != 1 || later.Sub(entries[0].Used) < 9*day {
			t.Fatalf("%+v, %v", entries, err)
		}
	}
}

func TestNoEntries(t *testing.T) {
	c, _ := fresh(t)
	if entries, err := Entries(c.options); len(entries) != 0 || err != nil {
		t.Errorf("%v, %v", entries, err)
	}
}
