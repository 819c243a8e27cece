package cache

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/blobstore"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

func TestEntries(t *testing.T) {
	started := time.Now().Add(-time.Minute) // file systems round times
	c, o, _ := fresh(t)
	config, layer, alone := newContent(10), newContent(20), newContent(30)
	image := []byte(fmt.Sprintf(`{"schemaVersion":2,"config":{"digest":%q},"layers":[{"digest":%q}]}`, config.digest, layer.digest))
	imageDigest := digest.FromBytes(image)
	list := []byte(fmt.Sprintf(`{"schemaVersion":2,"manifests":[{"digest":%q}]}`, imageDigest))
	listDigest := digest.FromBytes(list)
	c.KeepManifest(oci.SplitRepository("a.b/c"), imageDigest, "type", image)
	c.KeepManifest(oci.SplitRepository("a.b/c"), listDigest, "type", list)
	c.KeepManifest(oci.SplitRepository("a.b/mirror"), imageDigest, "type", image)
	c.KeepTag(oci.SplitRepository("a.b/c"), "multi", listDigest)
	c.KeepTag(oci.SplitRepository("a.b/c"), "single", imageDigest)
	c.KeepDerived("layer", layer.digest, "value")
	for _, b := range []content{config, layer, alone} {
		b.keep(t, c, len(b.data))
	}
	begun := newContent(40)
	begun.keep(t, c, 7)
	c.Wait()
	entries, err := Entries(o)
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

func TestListingIsNoUse(t *testing.T) {
	c, o, _ := fresh(t)
	c.KeepManifest(oci.SplitRepository("a.b/c"), newContent(1).digest, "type", newContent(1).data)
	c.Wait()
	later := time.Now().Add(240 * time.Hour).Truncate(time.Second)
	o.Now = func() time.Time { return later }
	for range 2 {
		entries, err := Entries(o)
		if err != nil || len(entries) != 1 || later.Sub(entries[0].Used) < 216*time.Hour {
			t.Fatalf("%+v, %v", entries, err)
		}
	}
}

func TestNoEntries(t *testing.T) {
	_, o, _ := fresh(t)
	if entries, err := Entries(o); len(entries) != 0 || err != nil {
		t.Errorf("%v, %v", entries, err)
	}
}

// The blobs of a cache that others may have written are listed, because their names are digests.
func TestListAndCleanCacheOfOtherUsers(t *testing.T) {
	c, o, told := fresh(t)
	b := newContent(1000)
	b.keep(t, c, 1000)
	c.KeepManifest(oci.SplitRepository("a.b/c"), b.digest, "type", b.data)
	c.KeepTag(oci.SplitRepository("a.b/c"), "t", b.digest)
	c.Wait()
	if err := os.Chmod(o.Dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "windows" {
		t.Skip("on Windows, the mode does not show who can write a directory")
	}
	entries, err := Entries(o)
	if err != nil || len(entries) != 1 || entries[0].Kind != Blob || entries[0].Size != 1000 || entries[0].References != nil {
		t.Errorf("listed %+v, %v", entries, err)
	}
	why := o.Dir + " is writable by all users (mode 0777): run chmod o-w on it"
	if want := []string{"only the blobs of the cache are listed: " + why + "; --cache-dir names another directory"}; !slices.Equal(told.all(), want) {
		t.Errorf("told %q, want %q", told.all(), want)
	}
	_, _, err = Clean(o, blobstore.Cleaning{All: true})
	if fault.KindOf(err) != fault.Local || err.Error() != "the cache: nothing is deleted: "+why {
		t.Errorf("cleaned: %v", err)
	}
}
