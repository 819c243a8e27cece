package plugin_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/release-x/oc-release-x/internal/testguard"
	"github.com/release-x/oc-release-x/internal/testrelease"
)

// behind serves a release of one component from a registry of its own, which calls before ahead of every answer. It
// returns the reference of the release.
func behind(t *testing.T, b *testrelease.Builder, before func(*http.Request)) string {
	t.Helper()
	registry := testrelease.Registry(t)
	push(t, registry, b)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		before(r)
		registry.Config.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return host(server) + "/ocp/release:4.14.0"
}

// Eight releases are read in parallel: no registry answers before all of them have a request.
func TestReleasesAreReadInParallel(t *testing.T) {
	const together = 8
	var arrived sync.WaitGroup
	arrived.Add(together)
	args, all := []string{"images", "--insecure", "-o", "name"}, make(chan struct{})
	for range together {
		first := sync.OnceFunc(arrived.Done)
		args = append(args, "--release", behind(t, testrelease.New("4.14.0").WithComponent("etcd"), func(*http.Request) {
			first()
			<-all
		}))
	}
	open := sync.OnceFunc(func() { close(all) })
	t.Cleanup(open) // before the servers are closed, which wait for their answers
	go func() {
		arrived.Wait()
		open()
	}()
	var got result
	testguard.Finishes(t, "images of eight releases", func() { got = run(t, args...) })
	want(t, got, 0, strings.Repeat("etcd\n", together), "")
}

// Errors and warnings are in the order of the releases, even if the second release is read first.
func TestErrorsAndWarningsOfReleasesAreInOrder(t *testing.T) {
	pair := func(t *testing.T, last string) (first, second string) {
		asked := make(chan struct{})
		answer := sync.OnceFunc(func() { close(asked) })
		t.Cleanup(answer)
		first = behind(t, withoutImage("a"), func(*http.Request) { <-asked })
		return first, behind(t, withoutImage("b"), func(r *http.Request) {
			if strings.Contains(r.URL.Path, last) {
				answer()
			}
		})
	}
	read := func(t *testing.T, first, second string) (got result) {
		testguard.Finishes(t, "images of two releases", func() {
			got = run(t, "images", "--insecure", "--release", first, "--release", second, "-o", "name")
		})
		return got
	}
	t.Run("warnings", func(t *testing.T) {
		first, second := pair(t, "/blobs/")
		want(t, read(t, first, second), 0, "", ""+
			"Warning: the tag \"a\" of image-references is left out: it points to no image\n"+
			"Warning: the tag \"b\" of image-references is left out: it points to no image\n")
	})
	t.Run("errors", func(t *testing.T) {
		first, second := pair(t, "/manifests/")
		want(t, read(t, first+"-none", second+"-none"), 3, "", "error: "+first+"-none: not found: the repository has no such tag\n")
	})
}

// withoutImage returns a release whose only component has no image.
func withoutImage(name string) *testrelease.Builder {
	return testrelease.New("4.14.0").
		WithReferences(`{"kind":"ImageStream","apiVersion":"image.openshift.io/v1","metadata":{"name":"4.14.0"},"spec":{"tags":[{"name":"` + name + `"}]}}`)
}
