package cache

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
)

func TestSignatures(t *testing.T) {
	c, told := fresh(t)
	d, other := digest.FromString("a"), digest.FromString("b")
	list := []Signature{{Where: "https://example.com/signature-1", Data: []byte{1, 0, 2}}, {Where: "f", Data: []byte("x")}}
	c.KeepSignatures(d, list[:1])
	c.Wait()
	c.KeepSignatures(d, list)
	c.Wait()
	next := New(Options{Dir: c.options.Dir, Program: "another build", Notef: told.notef})
	if diff := cmp.Diff(list, next.Signatures(d)); diff != "" {
		t.Error(diff)
	}
	if got := next.Signatures(other); got != nil {
		t.Errorf("got %v", got)
	}
	if err := c.Problem(); err != nil || len(told.all()) > 0 {
		t.Errorf("%v, told %q", err, told.all())
	}
	var none *Cache
	if none.Signatures(d) != nil || none.Problem() != nil {
		t.Error("no cache has signatures")
	}
}

// What is to be kept and cannot be is known once all writes are done.
func TestProblem(t *testing.T) {
	c, _ := fresh(t)
	c.options.Dir = filepath.Join(filepath.Dir(c.options.Dir), "a\x00b")
	c.KeepSignatures(digest.FromString("a"), nil)
	c.Wait()
	if c.Problem() == nil {
		t.Error("a directory that cannot be made is no problem")
	}
}
