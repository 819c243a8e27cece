package plugin_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// traffic is a registry that records requests and counts the bytes that it sends.
type traffic struct {
	*httptest.Server
	names map[string]string // of what can be asked for, by its tag or digest

	mu       sync.Mutex
	requests []string
	sent     int64

	// around, if set, answers in place of the registry, which is next.
	around func(next http.Handler, what string, w http.ResponseWriter, r *http.Request)
}

// watch starts a registry that records requests. Releases are pushed into it with push.
func watch(t *testing.T) *traffic {
	t.Helper()
	registry := testrelease.Registry(t).Config.Handler
	c := &traffic{names: map[string]string{}}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		what := c.name(r)
		if what == "" { // an upload
			registry.ServeHTTP(w, r)
			return
		}
		c.add(what, 0)
		counting := &countingWriter{ResponseWriter: w, traffic: c}
		if c.around != nil {
			c.around(registry, what, counting, r)
			return
		}
		registry.ServeHTTP(counting, r)
	}))
	t.Cleanup(c.Close)
	return c
}

// push pushes a release under a tag of a repository. It returns short names for its parts: the tag, list, image, config,
// and the layers: payload for the one with the payload, else the number from below.
func (c *traffic) push(t *testing.T, b *testrelease.Builder, repository string, tag string) *testrelease.Release {
	t.Helper()
	r := build(t, b)
	if err := r.PushTo(c.Server, repository, tag); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names[tag] = "tag"
	for _, image := range r.Images {
		c.names[image.Manifest.Digest.String()] = "image"
		c.names[image.Config.Digest.String()] = "config"
		for i, layer := range image.Layers {
			c.names[layer.Digest.String()] = fmt.Sprintf("layer %d", i)
		}
		c.names[image.Layers[len(image.Layers)-1].Digest.String()] = "payload"
	}
	if r.ListDigest() != "" {
		c.names[r.ListDigest().String()] = "list"
	}
	return r
}

func (c *traffic) name(r *http.Request) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return ""
	}
	last := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	what := c.names[last]
	if what == "" {
		what = r.URL.Path
	}
	what = r.Method + " " + what
	if span := r.Header.Get("Range"); span != "" {
		what += " " + span
	}
	return what
}

func (c *traffic) add(what string, sent int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if what != "" {
		c.requests = append(c.requests, what)
	}
	c.sent += int64(sent)
}

// asked returns the requests since the last call, sorted, and the bytes sent.
func (c *traffic) asked() (requests []string, sent int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	requests, sent = c.requests, c.sent
	c.requests, c.sent = nil, 0
	slices.Sort(requests)
	return requests, sent
}

// size returns the number of bytes of the responses to requests.
func (c *traffic) size(r *testrelease.Release, requests []string) int64 {
	image := r.Images[0]
	sizes := map[string]int64{
		"tag": r.Root().Size, "image": image.Manifest.Size, "config": image.Config.Size,
		"payload": image.Layers[len(image.Layers)-1].Size,
	}
	for i, layer := range image.Layers {
		sizes[fmt.Sprintf("layer %d", i)] = layer.Size
	}
	total := int64(0)
	for _, request := range requests {
		total += sizes[strings.TrimPrefix(request, "GET ")]
	}
	return total
}

// want fails the test if the requests since the last call differ. Their order does not count.
func (c *traffic) want(t *testing.T, requests ...string) {
	t.Helper()
	got, _ := c.asked()
	slices.Sort(requests)
	if diff := cmp.Diff(requests, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

type countingWriter struct {
	http.ResponseWriter
	traffic *traffic
}

func (w *countingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *countingWriter) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.traffic.add("", n)
	return n, err
}

// layered returns a release with layers as real ones: the payload on top, the operator's manifests below it, other layers
// at the bottom.
func layered() *testrelease.Builder {
	return small().
		WithBaseLayer(testrelease.File("etc/os-release", "NAME=x\n")).
		WithBaseLayer(testrelease.File("usr/bin/true", "true\n")).
		WithOperatorManifest("0000_00_cluster-version-operator_00_namespace.yaml", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: cvo\n  annotations:\n    include.release.openshift.io/self-managed-high-availability: \"true\"\n    image: '{{.ReleaseImage}}'\n").
		WithManifest("0000_60_b_00_namespace.yaml", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: b\n  annotations:\n    include.release.openshift.io/self-managed-high-availability: \"true\"\n    image: "+testrelease.ImageOf("etcd")+"\n")
}
