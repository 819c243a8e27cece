package cache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/blobstore"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// notes collects the notes of a cache.
type notes struct {
	mu   sync.Mutex
	list []string
}

func (n *notes) notef(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, fmt.Sprintf(format, args...))
}

func (n *notes) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.list
}

// fresh is a cache in a new directory.
func fresh(t *testing.T) (*Cache, Options, *notes) {
	t.Helper()
	n := &notes{}
	o := Options{Dir: filepath.Join(t.TempDir(), "cache"), Program: "test", Notef: n.notef}
	return New(o), o, n
}

// content is some bytes, and their digest.
type content struct {
	data   []byte
	digest digest.Digest
}

func newContent(size int) content {
	data := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
	return content{data, digest.FromBytes(data)}
}

// keep stores a blob, or only its first bytes.
func (b content) keep(t *testing.T, c *Cache, bytesRead int) {
	t.Helper()
	r, err := c.Blobs().Blob(t.Context(), b.digest, int64(len(b.data)), func(context.Context, int64) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(b.data)), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.CopyN(io.Discard, r, int64(bytesRead)); err != nil {
		t.Fatal(err)
	}
	if bytesRead == len(b.data) {
		r.Commit()
	}
}

func TestManifestsAreKeptByRepository(t *testing.T) {
	c, _, _ := fresh(t)
	b := newContent(100)
	c.KeepManifest(oci.SplitRepository("a.b/c"), b.digest, "type", b.data)
	c.Wait()
	body, mediaType, ok := c.Manifest(oci.SplitRepository("a.b/c"), b.digest)
	if !ok || mediaType != "type" || !cmp.Equal(b.data, body) {
		t.Errorf("%v %q %d bytes", ok, mediaType, len(body))
	}
	if _, _, ok := c.Manifest(oci.SplitRepository("a.b/d"), b.digest); ok {
		t.Error("another repository has it too")
	}
	if _, _, ok := c.Manifest(oci.SplitRepository("a.b/c"), newContent(101).digest); ok {
		t.Error("another digest gives it too")
	}
}

func TestTagsAreKeptByRepository(t *testing.T) {
	c, _, _ := fresh(t)
	for _, d := range []content{newContent(1), newContent(2), newContent(2)} {
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

// derived is the value that a cache has, "" when it has none.
func derived(c *Cache, kind string, d digest.Digest) string {
	var value string
	c.Derived(kind, d, &value)
	return value
}

func TestDerivedValuesBelongToOneBuild(t *testing.T) {
	c, o, told := fresh(t)
	d := newContent(1).digest
	c.KeepDerived("k", d, "not UTF-8: \xff")
	c.Wait()
	if got := derived(c, "k", d); got != "not UTF-8: \xff" {
		t.Errorf("got %q", got)
	}
	if got := derived(c, "other", d); got != "" {
		t.Errorf("another kind has %q", got)
	}
	o.Program = "another build"
	other := New(o)
	if got := derived(other, "k", d); got != "" {
		t.Errorf("another build reads %q", got)
	}
	other.KeepDerived("k", d, "its own")
	other.Wait()
	if got := derived(other, "k", d); got != "its own" {
		t.Errorf("got %q", got)
	}
	if len(told.all()) > 0 {
		t.Error(told.all())
	}
}

func TestSignaturesAreReadByEveryBuild(t *testing.T) {
	c, o, told := fresh(t)
	d, other := digest.FromString("a"), digest.FromString("b")
	list := []Signature{{Where: "https://example.com/signature-1", Data: []byte{1, 0, 2}}, {Where: "f", Data: []byte("x")}}
	c.KeepSignatures(d, list[:1])
	c.Wait()
	c.KeepSignatures(d, list)
	c.Wait()
	o.Program = "another build"
	next := New(o)
	if diff := cmp.Diff(list, next.Signatures(d)); diff != "" {
		t.Error(diff)
	}
	if got := next.Signatures(other); got != nil {
		t.Errorf("got %v", got)
	}
	if err := c.Problem(); err != nil || len(told.all()) > 0 {
		t.Errorf("%v, told %q", err, told.all())
	}
}

func TestProblemIsThatOfTheDirectory(t *testing.T) {
	_, o, _ := fresh(t)
	o.Dir = filepath.Join(filepath.Dir(o.Dir), "a\x00b")
	c := New(o)
	c.KeepSignatures(digest.FromString("a"), nil)
	c.Wait()
	if c.Problem() == nil {
		t.Error("a directory that cannot be made is no problem")
	}
}

func TestNoCacheKeepsNothing(t *testing.T) {
	d := newContent(1).digest
	for _, c := range []*Cache{nil, New(Options{})} {
		c.KeepManifest(oci.SplitRepository("a.b/c"), d, "", nil)
		c.KeepTag(oci.SplitRepository("a.b/c"), "t", d)
		c.KeepDerived("k", d, "value")
		c.KeepSignatures(d, nil)
		c.Wait()
		_, _, manifest := c.Manifest(oci.SplitRepository("a.b/c"), d)
		_, tag := c.Tag(oci.SplitRepository("a.b/c"), "t")
		if manifest || tag || derived(c, "k", d) != "" || c.Signatures(d) != nil || c.Problem() != nil {
			t.Error("something is kept")
		}
	}
	if _, _, err := Clean(Options{}, blobstore.Cleaning{All: true}); fault.KindOf(err) != fault.Local || err.Error() != "there is no cache: name its directory with --cache-dir" {
		t.Errorf("got %v", err)
	}
}

func TestRecordUnderAnotherNameIsDamaged(t *testing.T) {
	c, o, told := fresh(t)
	a, b := newContent(1).digest, newContent(2).digest
	c.KeepDerived("k", a, "of a")
	c.Wait()
	in := func(name string) string { return filepath.Join(o.Dir, filepath.FromSlash(name)) }
	if err := os.Rename(in(derivedName("k", a)), in(derivedName("k", b))); err != nil {
		t.Fatal(err)
	}
	if got := derived(c, "k", b); got != "" {
		t.Errorf("got %q", got)
	}
	if all := told.all(); len(all) != 1 || !strings.Contains(all[0], "its checksum is wrong") {
		t.Errorf("told %q", all)
	}
}

func TestDamagedRecordThatCannotBeDeletedIsNotReadAgain(t *testing.T) {
	c, o, told := fresh(t)
	d := newContent(1).digest
	c.KeepDerived("k", d, "value")
	c.Wait()
	kind := filepath.Join(o.Dir, "notes", "k")
	if err := errors.Join(os.Rename(kind, o.Dir+"-k"), os.Symlink(o.Dir+"-k", kind)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := derived(c, "k", d); got != "" {
			t.Errorf("got %q", got)
		}
	}
	file := filepath.Join(kind, d.Encoded())
	want := []string{"nothing more is written to the cache " + o.Dir + ": " + file +
		" is damaged (statat notes/k/" + d.Encoded() + ": path escapes from parent) and cannot be deleted: RemoveAll notes/k/" + d.Encoded() + ": path escapes from parent"}
	if diff := cmp.Diff(want, told.all()); diff != "" {
		t.Error(diff)
	}
}

// A checksum does not make a record true.
func TestRecordOfSomethingElseIsDamaged(t *testing.T) {
	c, _, told := fresh(t)
	b := newContent(100)
	damaged := 0
	write := func(name string, value any) {
		damaged++
		c.write(name, value)
		c.Wait()
	}
	for _, value := range []any{
		manifestRecord{oci.SplitRepository("a.b/c"), "type", []byte("other bytes")}, manifestRecord{oci.SplitRepository("a.b/other"), "type", b.data}, "a text", 42,
	} {
		write(manifestName(oci.SplitRepository("a.b/c"), b.digest), value)
		if _, _, ok := c.Manifest(oci.SplitRepository("a.b/c"), b.digest); ok {
			t.Errorf("%v is taken for a manifest", value)
		}
	}
	for _, value := range []any{
		tagRecord{oci.SplitRepository("a.b/c"), "t", "sha256:../../x"}, tagRecord{oci.SplitRepository("a.b/c"), "u", b.digest}, tagRecord{oci.SplitRepository("a.b/d"), "t", b.digest}, []string{"t"},
	} {
		write(tagName(oci.SplitRepository("a.b/c"), "t"), value)
		if d, ok := c.Tag(oci.SplitRepository("a.b/c"), "t"); ok {
			t.Errorf("%v is taken for the tag of %s", value, d)
		}
	}
	c.KeepDerived("k", b.digest, 1)
	c.Wait()
	if got := derived(c, "k", b.digest); got != "" {
		t.Errorf("a number is taken for %q", got)
	}
	if n := len(told.all()); n != damaged+1 {
		t.Errorf("reported %d damages, want %d: %q", n, damaged+1, told.all())
	}
}

// FuzzRecord reads records with a good checksum and any value.
func FuzzRecord(f *testing.F) {
	for _, value := range []any{manifestRecord{oci.SplitRepository("r"), "t", []byte("{}")}, tagRecord{oci.SplitRepository("r"), "t", "d"}, []Signature{{"w", []byte("s")}}} {
		data, err := cbor.Marshal(value)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, value := range []any{new(manifestRecord), new(tagRecord), new([]Signature)} {
			if decode(data, value) != nil {
				continue
			}
			if again, err := cbor.Marshal(value); err != nil || decode(again, value) != nil {
				t.Errorf("%#v is written as %x, %v", value, again, err)
			}
		}
	})
}
