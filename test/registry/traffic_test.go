package registry

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// traffic records the read requests of servers, in order, and their answers.
type traffic struct {
	mu       sync.Mutex
	names    map[string]string // of what can be asked for, by its digest
	requests []string

	before func(what string) // when set, runs before a request is answered
}

// call gives short names to the parts of a release (image, config, the layers operator and payload), and to the image of
// its component.
func (c *traffic) call(r, component *testrelease.Release) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names = map[string]string{}
	for _, image := range r.Images {
		c.names[image.Manifest.Digest.String()] = "image"
		c.names[image.Config.Digest.String()] = "config"
		for _, layer := range image.Layers {
			c.names[layer.Digest.String()] = "operator"
		}
		c.names[image.Layers[len(image.Layers)-1].Digest.String()] = "payload"
	}
	c.names[component.Digest().String()] = "etcd"
}

func (c *traffic) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		last := path.Base(r.URL.Path)
		c.mu.Lock()
		what, before := c.names[last], c.before
		c.mu.Unlock()
		if what == "" {
			what = last
		}
		if before != nil {
			before(what)
		}
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		c.add(fmt.Sprintf("%s %s %d", r.Method, what, seen.status))
	})
}

func (c *traffic) add(request string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, request)
}

// want fails the test if the requests since the last call differ.
func (c *traffic) want(t *testing.T, requests ...string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if diff := cmp.Diff(requests, c.requests); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	c.requests = nil
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// wantSorted is want for parallel requests, in any order.
func (c *traffic) wantSorted(t *testing.T, requests ...string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	got := slices.Sorted(slices.Values(c.requests))
	c.requests = nil
	want := slices.Sorted(slices.Values(requests))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests in any order (-want +got):\n%s", diff)
	}
}
