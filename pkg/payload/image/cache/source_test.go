package cache_test

import (
	"context"
	"slices"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// repository is a repository with one manifest, and a record of the requests.
type repository struct {
	body, declared string
	headErr        error
	asked          []string
}

func (r *repository) Head(_ context.Context, name string) (string, error) {
	r.asked = append(r.asked, "HEAD "+name)
	return r.declared, r.headErr
}

func (r *repository) Manifest(_ context.Context, name string) (body []byte, mediaType, declared string, err error) {
	r.asked = append(r.asked, "GET "+name)
	return []byte(r.body), "type", r.declared, nil
}

// refusal is the error for an answer with the status 405.
type refusal struct{ error }

func (refusal) Status() int { return 405 }

func TestReadManifest(t *testing.T) {
	first, second := digest.FromString("first"), digest.FromString("second")
	for name, test := range map[string]struct {
		before, then repository // what the repository has, and what it has later
		tag          string
		cached       bool
		requests     []string // of the second read
		kind         fault.Kind
		fails        bool
	}{
		"a tag that did not move":   {repository{body: "first", declared: string(first)}, repository{body: "first", declared: string(first)}, "t", true, []string{"HEAD t"}, 0, false},
		"a tag that moved":          {repository{body: "first", declared: string(first)}, repository{body: "second", declared: string(second)}, "t", false, []string{"HEAD t", "GET t"}, 0, false},
		"a digest":                  {repository{body: "first"}, repository{body: "second"}, string(first), true, nil, 0, false},
		"no digest in the answer":   {repository{body: "first"}, repository{body: "first"}, "t", false, []string{"HEAD t", "GET t"}, 0, false},
		"a wrong digest":            {repository{body: "first", declared: string(second)}, repository{body: "first", declared: string(first)}, "t", false, []string{"GET t"}, 0, false},
		"other bytes":               {repository{body: "second"}, repository{body: "first"}, string(first), false, []string{"GET " + string(first)}, 0, false},
		"HEAD is refused":           {repository{body: "first", declared: string(first)}, repository{body: "first", declared: string(first), headErr: refusal{fault.Errorf(fault.Network, "405")}}, "t", false, []string{"HEAD t", "GET t"}, 0, false},
		"the registry is not there": {repository{body: "first", declared: string(first)}, repository{headErr: fault.Errorf(fault.Network, "no route")}, "t", false, []string{"HEAD t"}, fault.Network, true},
	} {
		t.Run(name, func(t *testing.T) {
			c := cache.New(cache.Options{Dir: t.TempDir()})
			where := oci.Repository{Host: "r.example", Path: "a"}
			if m, err := c.ReadManifest(t.Context(), where, test.tag, &test.before); err != nil || m.Cached || string(m.Body) != test.before.body {
				t.Fatalf("first read: %+v, %v", m, err)
			}
			c.Wait()
			m, err := c.ReadManifest(t.Context(), where, test.tag, &test.then)
			c.Wait()
			if test.fails {
				if fault.KindOf(err) != test.kind {
					t.Errorf("got %v", err)
				}
			} else if err != nil || m.Cached != test.cached || !test.cached && string(m.Body) != test.then.body || test.cached && string(m.Body) != test.before.body {
				t.Errorf("second read: %+v, %v", m, err)
			}
			if !slices.Equal(test.then.asked, test.requests) {
				t.Errorf("requests %q, want %q", test.then.asked, test.requests)
			}
		})
	}
}
