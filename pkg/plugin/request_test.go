package plugin_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
)

// cached returns a call with an empty cache that its runs share.
func cached(t *testing.T) call { t.Helper(); return call{cache: t.TempDir()} }

// everyCommand lists the commands that read releases, each with what a cold run fetches beyond manifest and payload.
func everyCommand() map[string][]string {
	return map[string][]string{
		"images":                     nil,
		"images --jq .items":         nil,
		"images -o wide etcd":        nil,
		"env":                        nil,
		"info":                       {"GET config"},
		"info --image-for etcd":      nil,
		"info -o digest":             nil,
		"manifests":                  {"GET layer 2"},
		"manifests --all -o json":    {"GET layer 2"},
		"manifests --hash":           {"GET layer 2"},
		"manifests --objects -ojson": {"GET layer 2"},
		"manifests --image etcd":     {"GET layer 2"},
		"graph":                      {"GET layer 2"},
		"graph -o html":              {"GET layer 2"},
		"extract --file *.yaml":      nil,
	}
}

// with returns the arguments with the release after the command.
func with(command, release string, more ...string) []string {
	words := strings.Fields(command)
	return append(append([]string{words[0], release, "--insecure"}, words[1:]...), more...)
}

func TestColdRequests(t *testing.T) {
	for command, more := range everyCommand() {
		t.Run(command, func(t *testing.T) {
			c := watch(t)
			r := c.push(t, layered(), "ocp/release", "4.14.0")
			for _, release := range []string{":4.14.0", "@" + r.Digest().String()} {
				for name, run := range map[string]call{"no cache": {}, "empty cache": cached(t)} {
					good(t, run.run(t, with(command, host(c.Server)+"/ocp/release"+release)...))
					requests, sent := c.asked()
					first := map[byte]string{':': "GET tag", '@': "GET image"}[release[0]]
					expected := append([]string{first, "GET payload"}, more...)
					if diff := cmp.Diff(slices.Sorted(slices.Values(expected)), requests); diff != "" {
						t.Errorf("%s, %s: requests (-want +got):\n%s", release, name, diff)
					}
					if size := c.size(r, requests); sent != size {
						t.Errorf("%s, %s: %d bytes sent, want %d", release, name, sent, size)
					}
				}
			}
		})
	}
}

func TestColdRequestsForManifestList(t *testing.T) {
	c := watch(t)
	c.push(t, layered().WithList("amd64", "arm64"), "ocp/release", "4.14.0")
	release := host(c.Server) + "/ocp/release:4.14.0"
	for command, more := range everyCommand() {
		good(t, cached(t).run(t, with(command, release, "--arch", "arm64")...))
		c.want(t, append([]string{"GET tag", "GET image", "GET payload"}, more...)...)
	}
}

// tokens requires a token, which /token returns to clients with the password.
func (c *traffic) tokens() {
	c.around = func(next http.Handler, _ string, w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		switch {
		case r.URL.Path == "/token" && user+":"+password == "user:secret":
			_, _ = w.Write([]byte(`{"token":"t"}`))
		case r.URL.Path == "/token":
			w.WriteHeader(http.StatusUnauthorized)
		case r.Header.Get("Authorization") == "Bearer t":
			next.ServeHTTP(w, r)
		default:
			w.Header().Set("WWW-Authenticate", `Bearer realm="`+c.URL+`/token",service="s",scope="repository:ocp/release:pull"`)
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
}

func TestColdRequestsWithToken(t *testing.T) {
	c := watch(t)
	c.push(t, layered(), "ocp/release", "4.14.0")
	c.tokens()
	release := host(c.Server) + "/ocp/release:4.14.0"
	for command, more := range everyCommand() {
		good(t, cached(t).run(t, with(command, release, "--authfile", authFile(t, c))...))
		c.want(t, append([]string{"GET tag", "GET /token", "GET tag", "GET payload"}, more...)...)
	}
}

func authFile(t *testing.T, c *traffic) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "auth.json")
	content := `{"auths":{"` + host(c.Server) + `":{"auth":"` + base64.StdEncoding.EncodeToString([]byte("user:secret")) + `"}}}`
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// await waits for another request, or for the end of the command.
func await(ctx context.Context, other <-chan struct{}) {
	select {
	case <-other:
	case <-ctx.Done():
	}
}

// Configuration and layer are fetched in parallel: each of the two responses waits for the other request.
func TestConfigAndLayerAreFetchedInParallel(t *testing.T) {
	c := watch(t)
	c.push(t, layered(), "ocp/release", "4.14.0")
	asked := map[string]chan struct{}{"GET config": make(chan struct{}), "GET payload": make(chan struct{})}
	c.around = func(next http.Handler, what string, w http.ResponseWriter, r *http.Request) {
		for name, other := range asked {
			if name == what {
				close(other)
			}
		}
		for name, other := range asked {
			if asked[what] != nil && name != what {
				await(r.Context(), other)
			}
		}
		next.ServeHTTP(w, r)
	}
	good(t, cached(t).run(t, with("info", host(c.Server)+"/ocp/release:4.14.0")...))
	c.want(t, "GET tag", "GET payload", "GET config")
}

// The second half of the payload waits until the operator's layer is requested.
func TestLayersAreFetchedInParallel(t *testing.T) {
	c := watch(t)
	r := c.push(t, layered().WithManifest("0000_99_big.yaml", noise(1<<20)), "ocp/release", "4.14.0")
	layers := r.Images[0].Layers
	payload, _ := r.Blob(layers[len(layers)-1].Digest)
	asked := make(chan struct{})
	c.around = func(next http.Handler, what string, w http.ResponseWriter, r *http.Request) {
		switch what {
		case "GET layer 2":
			close(asked)
		case "GET payload":
			_, _ = w.Write(payload[:len(payload)/2])
			_ = http.NewResponseController(w).Flush()
			await(r.Context(), asked)
			_, _ = w.Write(payload[len(payload)/2:])
			return
		}
		next.ServeHTTP(w, r)
	}
	got := cached(t).run(t, with("manifests", host(c.Server)+"/ocp/release:4.14.0")...)
	if got.code != 0 {
		t.Error(got.err)
	}
	c.want(t, "GET tag", "GET payload", "GET layer 2")
}

// noise returns a YAML comment that does not compress.
func noise(n int) string {
	var b strings.Builder
	b.WriteString("# ")
	for i := 0; b.Len() < n; i++ {
		b.WriteString(digest.FromString(strings.Repeat("x", i%100) + b.String()[max(0, b.Len()-64):]).Encoded())
	}
	return b.String() + "\n"
}

func TestWarmRequests(t *testing.T) {
	for command := range everyCommand() {
		t.Run(command, func(t *testing.T) {
			c := watch(t)
			r := c.push(t, layered(), "ocp/release", "4.14.0")
			run := cached(t)
			byTag, byDigest := host(c.Server)+"/ocp/release:4.14.0", host(c.Server)+"/ocp/release@"+r.Digest().String()
			cold := good(t, run.run(t, with(command, byTag)...))
			c.asked()
			for range 2 {
				if diff := cmp.Diff(cold, good(t, run.run(t, with(command, byTag)...))); diff != "" {
					t.Errorf("by tag another output:\n%s", diff)
				}
				c.want(t, "HEAD tag")
			}
			if diff := cmp.Diff(cold, good(t, run.run(t, with(command, byTag, "--offline")...))); diff != "" {
				t.Errorf("offline another output:\n%s", diff)
			}
			c.want(t)
			fresh := good(t, run.run(t, with(command, byDigest, "--no-cache")...))
			c.asked()
			for _, more := range [][]string{nil, {"--offline"}} {
				if diff := cmp.Diff(fresh, good(t, run.run(t, with(command, byDigest, more...)...))); diff != "" {
					t.Errorf("by digest another output:\n%s", diff)
				}
			}
			c.want(t)
		})
	}
}

func TestWarmRequestsForManifestList(t *testing.T) {
	c := watch(t)
	r := c.push(t, layered().WithList("amd64", "arm64"), "ocp/release", "4.14.0")
	run, release := cached(t), host(c.Server)+"/ocp/release"
	good(t, run.run(t, with("images", release+":4.14.0", "--arch", "arm64")...))
	c.asked()
	good(t, run.run(t, with("images", release+":4.14.0", "--arch", "arm64")...))
	c.want(t, "HEAD tag")
	good(t, run.run(t, with("images", release+"@"+r.ListDigest().String(), "--arch", "arm64")...))
	c.want(t)
	good(t, run.run(t, with("images", release+"@"+r.ListDigest().String(), "--arch", "amd64")...))
	c.want(t, "GET image")
}
