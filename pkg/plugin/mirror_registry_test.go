package plugin_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/internal/testsign"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// recorded is a registry that writes down its requests: METHOD, KIND and what they are for.
type recorded struct {
	*httptest.Server

	mu       sync.Mutex
	requests []string
	around   func(next http.Handler, w http.ResponseWriter, r *http.Request) // answers in place of the registry
}

func record(t *testing.T) *recorded {
	t.Helper()
	registry := testrelease.Registry(t).Config.Handler
	c := &recorded{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.requests = append(c.requests, requestName(r))
		around := c.around
		c.mu.Unlock()
		if around != nil {
			around(registry, w, r)
			return
		}
		registry.ServeHTTP(w, r)
	}))
	t.Cleanup(c.Close)
	return c
}

// requestName is METHOD KIND REPOSITORY:TAG or REPOSITORY@DIGEST. The kinds are manifest, tags, blob, upload and mount.
func requestName(r *http.Request) string {
	path := strings.TrimPrefix(r.URL.Path, "/v2/")
	if repository, name, ok := strings.Cut(path, "/manifests/"); ok {
		if strings.Contains(name, ":") {
			return r.Method + " manifest " + repository + "@" + name
		}
		return r.Method + " manifest " + repository + ":" + name
	}
	if repository, ok := strings.CutSuffix(path, "/tags/list"); ok {
		return r.Method + " tags " + repository
	}
	repository, name, _ := strings.Cut(path, "/blobs/")
	switch query := r.URL.Query(); {
	case query.Get("from") != "":
		return r.Method + " mount " + repository + "@" + query.Get("mount")
	case strings.HasPrefix(name, "uploads/"):
		name = query.Get("digest") + query.Get("mount")
		return r.Method + " upload " + repository + "@" + name
	case name != "":
		return r.Method + " blob " + repository + "@" + name
	}
	return r.Method + " " + r.URL.Path
}

// asked gives the requests since the last time, sorted.
func (c *recorded) asked() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	requests := c.requests
	c.requests = nil
	slices.Sort(requests)
	return requests
}

// answer sets what answers in place of the registry; nil is the registry.
func (c *recorded) answer(around func(next http.Handler, w http.ResponseWriter, r *http.Request)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.around = around
}

// counts counts requests by METHOD KIND.
func counts(requests []string) map[string]int {
	counted := map[string]int{}
	for _, request := range requests {
		counted[strings.Join(strings.Fields(request)[:2], " ")]++
	}
	return counted
}

// wantRequests fails the test unless the numbers of requests are these.
func wantRequests(t *testing.T, what string, requests []string, want map[string]int) {
	t.Helper()
	if diff := cmp.Diff(want, counts(requests)); diff != "" {
		t.Errorf("requests of the %s (-want +got):\n%s\n%s", what, diff, strings.Join(requests, "\n"))
	}
}

// copies is a source and a target of copies. The key of its signatures makes the same signatures each time.
type copies struct {
	source, target *recorded
	call           call
	signer         testsign.Signer
}

func newCopies(t *testing.T) copies {
	t.Helper()
	return copies{record(t), record(t), cached(t), testsign.NewSigner(t, "ed25519")}
}

// release pushes the components, and gives a release of them that demands signatures of the repositories in scopes.
func (c copies) release(t *testing.T, version string, scopes []string, names ...string) *testrelease.Builder {
	t.Helper()
	b := testrelease.New(version).WithBaseLayer(testrelease.File("base", "base"))
	for _, name := range names {
		image := build(t, testrelease.New("1.0.0").WithBaseLayer(testrelease.File("base", "base")).WithComponent(name))
		if err := image.PushTo(c.source.Server, "ocp/art", name); err != nil {
			t.Fatal(err)
		}
		b.WithComponent(name, testrelease.Image(c.art(image.Digest())))
	}
	if len(scopes) > 0 {
		b.WithManifest(testsign.PolicyName, testsign.Policy(c.signer.PEM, "", scopes...))
	}
	return b
}

// art is the pull spec of a component.
func (c copies) art(d digest.Digest) string { return host(c.source.Server) + "/ocp/art@" + d.String() }

// componentDigest is the digest of a component of release.
func componentDigest(t *testing.T, name string) digest.Digest {
	t.Helper()
	return build(t, testrelease.New("1.0.0").WithBaseLayer(testrelease.File("base", "base")).WithComponent(name)).Digest()
}

// scopes are the repositories of the release and its components.
func (c copies) scopes() []string {
	return []string{host(c.source.Server) + "/ocp/release", host(c.source.Server) + "/ocp/art"}
}

// push pushes a release to the source.
func (c copies) push(t *testing.T, b *testrelease.Builder, tag string) *testrelease.Release {
	t.Helper()
	r := build(t, b)
	if err := r.PushTo(c.source.Server, "ocp/release", tag); err != nil {
		t.Fatal(err)
	}
	return r
}

// sign signs an image of the source as its registry names it.
func (c copies) sign(t *testing.T, path string, d digest.Digest, signers ...testsign.Signer) {
	t.Helper()
	repository := oci.Repository{Host: host(c.source.Server), Path: path}
	var layers []testsign.Layer
	for _, signer := range append([]testsign.Signer{c.signer}, signers...) {
		layers = append(layers, signer.SignatureLayer(t, d, repository.String()))
	}
	images := testsign.NewImages()
	images.AddSignatures(t, repository, d, layers...)
	images.PushTo(t, c.source.Server)
}

// run mirrors the release with a tag, and forgets the requests before.
func (c copies) run(t *testing.T, args ...string) result {
	t.Helper()
	c.source.asked()
	c.target.asked()
	for i := range args {
		args[i] = strings.NewReplacer("SOURCE", host(c.source.Server), "TARGET", host(c.target.Server)).Replace(args[i])
	}
	got := c.call.run(t, append([]string{"mirror", "--insecure"}, args...)...)
	got.out = regexp.MustCompile(`(?m)^  Time:        \S+$`).ReplaceAllString(got.out, "  Time:        TIME")
	got.out = regexp.MustCompile(`\([\d.]+[KM]?i?\)`).ReplaceAllString(got.out, "(SIZE)") // the payload has a port in it
	hide := strings.NewReplacer(host(c.source.Server), "SOURCE", host(c.target.Server), "TARGET")
	got.out, got.err = hide.Replace(got.out), hide.Replace(got.err)
	return got
}

// sigTag is the tag of the signatures of an image.
func sigTag(d digest.Digest) string { return "sha256-" + d.Encoded() + ".sig" }

// tags are the tags of a repository, sorted.
func tags(t *testing.T, server *httptest.Server, repository string) []string {
	t.Helper()
	var list []string
	for _, line := range contents(t, server, repository) {
		list = append(list, strings.Fields(line)[0])
	}
	return list
}

// sameManifest fails the test unless both registries have the same bytes.
func sameManifest(t *testing.T, a *recorded, nameA string, b *recorded, nameB string) {
	t.Helper()
	_, one := get(t, a.Server, "/v2/"+nameA)
	_, other := get(t, b.Server, "/v2/"+nameB)
	if !bytes.Equal(one, other) {
		t.Errorf("%s differs from %s", nameA, nameB)
	}
}

// summary is what mirror prints.
func summary(releases []string, images, signatures, manifests, present int, blobs, end string) string {
	var b strings.Builder
	number := fmt.Sprintf("%d signatures", signatures)
	if signatures == 1 {
		number = "1 signature"
	}
	for _, release := range releases {
		fmt.Fprintf(&b, "Copied %s\n", release)
	}
	fmt.Fprintf(&b, "  Images:      %d, and %s\n  Manifests:   %d copied, %d were there\n  Blobs:       %s\n  Time:        TIME\n%s", images, number, manifests, present, blobs, end)
	return b.String() + "Not copied: boot images and operator catalogs, which no release image contains\n"
}

// uniqueBlobs are the configurations and layers of images in a registry.
func uniqueBlobs(requests []string) int {
	seen := map[string]bool{}
	for _, request := range requests {
		if f := strings.Fields(request); f[0] == "GET" && f[1] == "blob" {
			seen[f[2][strings.Index(f[2], "@"):]] = true
		}
	}
	return len(slices.Collect(maps.Keys(seen)))
}

func decode(t *testing.T, body []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(body, into); err != nil {
		t.Fatal(err)
	}
}
