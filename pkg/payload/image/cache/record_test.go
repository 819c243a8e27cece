package cache

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/frame"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

func TestManifestsAreKeptByRepository(t *testing.T) {
	c, _ := fresh(t)
	b := newBlob(100)
	c.KeepManifest(oci.SplitRepository("a.b/c"), b.digest, "type", b.data)
	c.Wait()
	body, mediaType, ok := c.Manifest(oci.SplitRepository("a.b/c"), b.digest)
	if !ok || mediaType != "type" || !cmp.Equal(b.data, body) {
		t.Errorf("%v %q %d bytes", ok, mediaType, len(body))
	}
	if _, _, ok := c.Manifest(oci.SplitRepository("a.b/d"), b.digest); ok {
		t.Error("another repository has it too")
	}
	if _, _, ok := c.Manifest(oci.SplitRepository("a.b/c"), newBlob(101).digest); ok {
		t.Error("another digest gives it too")
	}
}

func TestTagsAreKeptByRepository(t *testing.T) {
	c, _ := fresh(t)
	for _, d := range []*blob{newBlob(1), newBlob(2), newBlob(2)} {
		c.KeepTag(oci.SplitRepository("a.b/c"), "t", d.digest)
		c.Wait()
		if got, ok := c.Tag(oci.SplitRepository("a.b/c"), "t"); !ok || got != d.digest {
			t.Errorf("%v %s", ok, got)
		}
	}
	for _, other := range [][2]string{{"a.b/c", "u"}, {"a.b/d", "t"}} {
		if _, ok := c.Tag(oci.SplitRepository(other[0]), other[1]); ok {
			t.Errorf("%s has the tag too", other)
		}
	}
}

func TestNotesBelongToOneBuild(t *testing.T) {
	c, told := fresh(t)
	d := newBlob(1).digest
	c.KeepNote("k", d, []byte("mine"))
	c.Wait()
	if note, ok := c.Note("k", d); !ok || string(note) != "mine" {
		t.Errorf("%v %q", ok, note)
	}
	if _, ok := c.Note("other", d); ok {
		t.Error("another kind is the same")
	}
	other, _ := at(c.options.Dir)
	other.options.Program = "another build"
	if _, ok := other.Note("k", d); ok {
		t.Error("another build reads it")
	}
	other.KeepNote("k", d, []byte("its own"))
	other.Wait()
	if note, ok := other.Note("k", d); !ok || string(note) != "its own" {
		t.Errorf("%v %q", ok, note)
	}
	if len(told.all()) > 0 {
		t.Error(told.all())
	}
}

// A record under another name is none: what was noted of one layer is not believed of another.
func TestRow42RecordUnderAnotherName(t *testing.T) {
	c, told := fresh(t)
	a, b := newBlob(1).digest, newBlob(2).digest
	c.KeepNote("k", a, []byte("of a"))
	c.Wait()
	in := func(name string) string { return filepath.Join(c.options.Dir, filepath.FromSlash(name)) }
	if err := os.Rename(in(noteName("k", a)), in(noteName("k", b))); err != nil {
		t.Fatal(err)
	}
	if note, ok := c.Note("k", b); ok {
		t.Errorf("got %q", note)
	}
	if all := told.all(); len(all) != 1 || !strings.Contains(all[0], "its checksum is wrong") {
		t.Errorf("told %q", all)
	}
}

// What cannot be deleted is not said to be.
func TestRow42DamageThatStays(t *testing.T) {
	c, told := fresh(t)
	d := newBlob(1).digest
	c.KeepNote("k", d, []byte("note"))
	c.Wait()
	kind := filepath.Join(c.options.Dir, "notes", "k")
	if err := errors.Join(os.Rename(kind, c.options.Dir+"-k"), os.Symlink(c.options.Dir+"-k", kind)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if note, ok := c.Note("k", d); ok {
			t.Errorf("got %q", note)
		}
	}
	file := filepath.Join(kind, d.Encoded())
	want := []string{"nothing more is written to the cache " + c.options.Dir + ": " + file +
		" is damaged (statat notes/k/" + d.Encoded() + ": path escapes from parent) and cannot be deleted: RemoveAll notes/k/" + d.Encoded() + ": path escapes from parent"}
	if diff := cmp.Diff(want, told.all()); diff != "" {
		t.Error(diff)
	}
}

// A record with a valid checksum may be forged, so its contents are checked too.
func TestRecordThatLies(t *testing.T) {
	c, told := fresh(t)
	b := newBlob(100)
	write := func(name string, texts ...string) {
		var w frame.Writer
		for _, text := range texts {
			w.Text(text)
		}
		c.writeRecord(name, w.Bytes())
		c.Wait()
	}
	for _, texts := range [][]string{
		{"a.b/c", "type", "other bytes"}, {"a.b/other", "type", string(b.data)}, {"a.b/c", "type"}, {"a.b/c", "type", string(b.data), "more"},
	} {
		write(manifestName(oci.SplitRepository("a.b/c"), b.digest), texts...)
		if _, _, ok := c.Manifest(oci.SplitRepository("a.b/c"), b.digest); ok {
			t.Errorf("%.20q is taken for a manifest", texts)
		}
	}
	for _, texts := range [][]string{
		{"a.b/c", "t", "sha256:../../x"}, {"a.b/c", "u", b.digest.String()}, {"a.b/d", "t", b.digest.String()}, {"a.b/c", "t"},
	} {
		write(tagName(oci.SplitRepository("a.b/c"), "t"), texts...)
		if d, ok := c.Tag(oci.SplitRepository("a.b/c"), "t"); ok {
			t.Errorf("%q is taken for the tag of %s", texts, d)
		}
	}
	if n := len(told.all()); n != 8 {
		t.Errorf("%d reports of damage, want 8", n)
	}
}
