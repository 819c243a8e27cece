package plugin_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// A tag is requested each time. The digest header only chooses among manifests that this repository returned before.
func TestTagIsRequestedEachTime(t *testing.T) {
	zeroes := "sha256:" + strings.Repeat("0", 64)
	for name, test := range map[string]struct {
		header  func(first, second, elsewhere *testrelease.Release) string // of the answer to HEAD
		status  int
		ask     []string
		version string
	}{
		"it has not moved":            {header: func(a, _, _ *testrelease.Release) string { return a.Digest().String() }, ask: []string{"HEAD tag"}, version: "4.14.0"},
		"it has moved to a known one": {header: func(_, b, _ *testrelease.Release) string { return b.Digest().String() }, ask: []string{"HEAD tag"}, version: "4.14.1"},
		"no header":                   {header: func(_, _, _ *testrelease.Release) string { return "" }, ask: []string{"HEAD tag", "GET tag"}, version: "4.14.0"},
		"malformed":                   {header: func(_, _, _ *testrelease.Release) string { return "sha256:../x" }, ask: []string{"HEAD tag", "GET tag"}, version: "4.14.0"},
		"unknown":                     {header: func(_, _, _ *testrelease.Release) string { return zeroes }, ask: []string{"HEAD tag", "GET tag"}, version: "4.14.0"},
		"known elsewhere":             {header: func(_, _, c *testrelease.Release) string { return c.Digest().String() }, ask: []string{"HEAD tag", "GET tag"}, version: "4.14.0"},
		"no HEAD":                     {status: http.StatusMethodNotAllowed, ask: []string{"HEAD tag", "GET tag"}, version: "4.14.0"},
		"HEAD is refused":             {status: http.StatusForbidden, ask: []string{"HEAD tag", "GET tag"}, version: "4.14.0"},
		"HEAD finds nothing":          {status: http.StatusNotFound, ask: []string{"HEAD tag", "GET tag"}, version: "4.14.0"},
	} {
		t.Run(name, func(t *testing.T) {
			c, run := watch(t), cached(t)
			first := c.push(t, layered(), "ocp/release", "4.14")
			second := c.push(t, testrelease.New("4.14.1").WithComponent("etcd"), "ocp/release", "other")
			elsewhere := c.push(t, testrelease.New("4.14.2").WithComponent("etcd"), "ocp/elsewhere", "third")
			for _, release := range []string{"/ocp/release:4.14", "/ocp/release:other", "/ocp/elsewhere:third"} {
				good(t, run.run(t, with("images", host(c.Server)+release)...))
			}
			c.asked()
			c.around = func(next http.Handler, _ string, w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodHead && test.status != 0 {
					w.WriteHeader(test.status)
					return
				}
				if r.Method == http.MethodHead {
					w.Header().Set("Docker-Content-Digest", test.header(first, second, elsewhere))
					return
				}
				next.ServeHTTP(w, r)
			}
			got := good(t, run.run(t, with("images", host(c.Server)+"/ocp/release:4.14", "--jq", ".release.version")...))
			if got != test.version+"\n" {
				t.Errorf("got %s, want %s", got, test.version)
			}
			c.want(t, test.ask...)
			// Offline, the tag is the manifest that it was last.
			got = good(t, run.run(t, with("images", host(c.Server)+"/ocp/release:4.14", "--jq", ".release.version", "--offline")...))
			if got != test.version+"\n" {
				t.Errorf("offline: got %s, want %s", got, test.version)
			}
			c.want(t)
		})
	}
}

func TestMovedTagIsFetched(t *testing.T) {
	c, run := watch(t), cached(t)
	c.push(t, layered(), "ocp/release", "4.14")
	release := host(c.Server) + "/ocp/release:4.14"
	good(t, run.run(t, with("images", release)...))
	c.asked()
	moved := c.push(t, layered().WithComponent("console"), "ocp/release", "4.14")
	got := good(t, run.run(t, with("images", release, "--jq", ".release.digest")...))
	if got != moved.Digest().String()+"\n" {
		t.Errorf("got %s, want %s", got, moved.Digest())
	}
	c.want(t, "HEAD tag", "GET tag", "GET payload")
	good(t, run.run(t, with("images", release)...))
	c.want(t, "HEAD tag")
}

// Each of several commands fetches only what no earlier one did.
func TestCommandsFetchNothingTwice(t *testing.T) {
	c, run := watch(t), cached(t)
	r := c.push(t, layered(), "ocp/release", "4.14.0")
	release := host(c.Server) + "/ocp/release@" + r.Digest().String()
	for _, step := range []struct {
		command string
		fetched []string
	}{
		{"images", []string{"GET image", "GET payload"}},
		{"env", nil},
		{"info", []string{"GET config"}},
		{"manifests", []string{"GET layer 2"}},
		{"graph", nil},
		{"manifests --hash", nil},
		{"manifests --objects -o json", nil},
		{"extract --file *", nil},
		{"info", nil},
	} {
		if got := run.run(t, with(step.command, release)...); got.code != 0 && step.command != "extract --file *" {
			t.Errorf("%s: %s", step.command, got.err)
		}
		c.want(t, step.fetched...)
	}
}

// Layers between the payload and the operator's manifests are searched once, from the top down. Of the next release that
// shares them, none is fetched.
func TestLayersAreSearchedOnce(t *testing.T) {
	c, run := watch(t), cached(t)
	release := func(version string) *testrelease.Builder {
		// The builder puts the operator's layer right below the payload; this one is lower.
		return testrelease.New(version).WithComponent("etcd").WithManifest("0000_50_a.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n").
			WithBaseLayer(testrelease.File("etc/os-release", "NAME=x\n")).
			WithBaseLayer(testrelease.Dir("manifests/"), testrelease.File("manifests/0000_00_cvo.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: cvo}\n")).
			WithBaseLayer(testrelease.File("usr/bin/a", "a")).
			WithBaseLayer(testrelease.File("usr/bin/b", "b"))
	}
	c.push(t, release("4.14.0"), "ocp/release", "4.14.0")
	good(t, run.run(t, with("manifests --all", host(c.Server)+"/ocp/release:4.14.0")...))
	c.want(t, "GET tag", "GET payload", "GET layer 3", "GET layer 2", "GET layer 1")
	c.push(t, release("4.14.1"), "ocp/release", "4.14.1")
	good(t, run.run(t, with("manifests --all", host(c.Server)+"/ocp/release:4.14.1")...))
	c.want(t, "GET tag", "GET payload")
}

func TestLayersOfSquashedRelease(t *testing.T) {
	c, run := watch(t), cached(t)
	c.push(t, layered().Squashed(), "ocp/release", "4.14.0")
	for _, step := range [][]string{{"GET tag", "GET payload"}, {"HEAD tag"}} {
		good(t, run.run(t, with("manifests", host(c.Server)+"/ocp/release:4.14.0")...))
		c.want(t, step...)
	}
	// images does not read the operator's directory, so its record does not contain it.
	run = cached(t)
	for _, step := range []struct {
		command string
		fetched []string
	}{{"images", []string{"GET tag", "GET payload"}}, {"manifests", []string{"HEAD tag"}}, {"manifests", []string{"HEAD tag"}}} {
		good(t, run.run(t, with(step.command, host(c.Server)+"/ocp/release:4.14.0")...))
		c.want(t, step.fetched...)
	}
}

func TestOffline(t *testing.T) {
	c, run := watch(t), cached(t)
	r := c.push(t, layered(), "ocp/release", "4.14.0")
	release := host(c.Server) + "/ocp/release:4.14.0"
	byDigest := host(c.Server) + "/ocp/release@" + r.Digest().String()
	want(t, run.run(t, "images", release, "--offline"), 5, "", "error: "+release+": what the tag 4.14.0 names is not in the cache, and --offline was given\n")
	want(t, run.run(t, "images", byDigest, "--offline"), 5, "", "error: "+byDigest+": the manifest is not in the cache, and --offline was given\n")
	c.want(t)
	good(t, run.run(t, with("images", release)...))
	c.asked()
	layers := r.Images[0].Layers
	want(t, run.run(t, "manifests", release, "--offline"), 5, "",
		"error: "+release+": layer "+layers[2].Digest.String()+": "+layers[2].Digest.String()+" is not in the cache, and --offline was given\n")
	want(t, run.run(t, "images", release, "--offline", "--no-cache"), 5, "", "error: "+release+": what the tag 4.14.0 names is not in the cache, and --offline was given\n")
	good(t, run.run(t, "images", release, "--offline"))
	c.want(t)
}

func TestOfflineManifestList(t *testing.T) {
	c, run := watch(t), cached(t)
	r := c.push(t, layered().WithList("amd64", "arm64"), "ocp/release", "4.14.0")
	release := host(c.Server) + "/ocp/release:4.14.0"
	good(t, run.run(t, with("images", release, "--arch", "amd64")...))
	good(t, run.run(t, "images", release, "--arch", "amd64", "--offline"))
	other := r.Images[1].Manifest.Digest.String()
	want(t, run.run(t, "images", release, "--arch", "arm64", "--offline"), 5, "",
		"error: "+release+": manifest "+other+": "+other+" is not in the cache, and --offline was given\n")
}

// A cached digest needs no credentials; a cached tag needs them for the header.
func TestCachedDigestNeedsNoCredentials(t *testing.T) {
	c, run := watch(t), cached(t)
	r := c.push(t, layered(), "ocp/release", "4.14.0")
	c.tokens()
	good(t, run.run(t, with("images", host(c.Server)+"/ocp/release:4.14.0", "--authfile", authFile(t, c))...))
	c.asked()
	good(t, run.run(t, with("images", host(c.Server)+"/ocp/release@"+r.Digest().String())...))
	c.want(t)
	if got := run.run(t, with("images", host(c.Server)+"/ocp/release:4.14.0")...); got.code != 4 || got.out != "" {
		t.Errorf("code %d, %s", got.code, got.out)
	}
}

// In another repository, the manifest is fetched again, but its layers are not.
func TestManifestsBelongToTheirRepository(t *testing.T) {
	c, run := watch(t), cached(t)
	r := c.push(t, layered(), "ocp/release", "4.14.0")
	c.push(t, layered(), "mirror/release", "4.14.0")
	good(t, run.run(t, with("images", host(c.Server)+"/ocp/release:4.14.0")...))
	c.asked()
	good(t, run.run(t, with("images", host(c.Server)+"/mirror/release@"+r.Digest().String())...))
	c.want(t, "GET image")
	got := run.run(t, with("images", host(c.Server)+"/no/release@"+r.Digest().String())...)
	if got.code != 3 {
		t.Errorf("code %d, %s", got.code, got.err)
	}
}

// Layouts and archives are local: nothing of them is cached, and no cache directory is created.
func TestLocalSourcesAreNotCached(t *testing.T) {
	run := call{cache: filepath.Join(t.TempDir(), "cache")}
	good(t, run.run(t, "manifests", layout(t, layered())))
	good(t, run.run(t, "version"))
	if _, err := os.Stat(run.cache); !os.IsNotExist(err) {
		t.Errorf("there is a cache: %v", err)
	}
}

// Bytes that do not match their digest are not cached.
func TestUnverifiedBytesAreNotCached(t *testing.T) {
	c, run := watch(t), cached(t)
	r := c.push(t, layered(), "ocp/release", "4.14.0")
	lie := true
	c.around = func(next http.Handler, what string, w http.ResponseWriter, r *http.Request) {
		if what == "GET payload" && lie {
			_, _ = w.Write([]byte(strings.Repeat("x", int(payloadSize(t, c, r)))))
			return
		}
		next.ServeHTTP(w, r)
	}
	release := host(c.Server) + "/ocp/release@" + r.Digest().String()
	if got := run.run(t, with("images", release)...); got.code != 6 || got.out != "" {
		t.Errorf("code %d, %s", got.code, got.out)
	}
	c.asked()
	if blobs, _ := filepath.Glob(filepath.Join(run.cache, "oc-release-x", "blobs", "sha256", "*")); len(blobs) != 0 {
		t.Errorf("kept %q", blobs)
	}
	lie = false
	good(t, run.run(t, with("images", release)...))
	c.want(t, "GET payload")
}

// payloadSize returns the size of the blob in a request.
func payloadSize(t *testing.T, c *traffic, r *http.Request) int64 {
	t.Helper()
	response, err := http.Head(c.URL + r.URL.Path)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer response.Body.Close()
	return response.ContentLength
}

// An interrupted command keeps what it fetched; the next one requests only the rest.
func TestInterruptedDownloadContinues(t *testing.T) {
	c, run := watch(t), cached(t)
	r := c.push(t, layered().WithManifest("0000_99_big.yaml", noise(1<<20)), "ocp/release", "4.14.0")
	layer := r.Images[0].Layers[3]
	payload, _ := r.Blob(layer.Digest)
	half := len(payload) / 2
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	c.around = func(next http.Handler, what string, w http.ResponseWriter, r *http.Request) {
		if what != "GET payload" {
			next.ServeHTTP(w, r)
			return
		}
		_, _ = w.Write(payload[:half])
		_ = http.NewResponseController(w).Flush()
		run.waitForPartial(r.Context(), half)
		interrupt()
		<-r.Context().Done()
	}
	args := with("images", host(c.Server)+"/ocp/release@"+r.Digest().String())
	interrupted := run
	interrupted.ctx = ctx
	if got := interrupted.run(t, args...); got.code == 0 || got.out != "" {
		t.Fatalf("code %d, %s", got.code, got.err)
	}
	c.want(t, "GET image", "GET payload")
	good(t, run.run(t, args...))
	c.want(t, fmt.Sprintf("GET payload bytes=%d-", half))
	good(t, run.run(t, args...))
	c.want(t)
}

// waitForPartial waits until the cache has so many bytes of a blob.
func (c call) waitForPartial(ctx context.Context, size int) {
	for ctx.Err() == nil {
		found, _ := filepath.Glob(filepath.Join(c.cacheDirectory(), "blobs", "*", "*.partial"))
		if len(found) == 1 {
			if info, err := os.Stat(found[0]); err == nil && info.Size() == int64(size) {
				return
			}
		}
		time.Sleep(time.Millisecond)
	}
}
