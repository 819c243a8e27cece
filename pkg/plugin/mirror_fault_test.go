package plugin_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// Blobs that this machine cannot keep are read while they are written, also within one registry that mounts nothing and takes
// one request at a time.
func TestMirrorWithoutRoomForBlobs(t *testing.T) {
	c := newCopies(t)
	c.push(t, c.release(t, "4.14.0", nil, "a", "b", "c"), "4.14.0")
	c.call.cache = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(c.call.cache, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, permits := range map[string]string{"one": "1", "two": "2"} {
		for _, place := range []string{"SOURCE", "TARGET"} {
			t.Run(place+" "+name, func(t *testing.T) {
				c.source.answer(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
					if r.URL.Query().Get("from") != "" {
						w.WriteHeader(http.StatusNotFound)
						return
					}
					next.ServeHTTP(w, r)
				})
				got := c.run(t, "SOURCE/ocp/release:4.14.0", "--to", place+"/ocp/"+name, "--max-per-registry", permits, "--timeout", "60s")
				want(t, got, 0, summary([]string{"4.14.0 to " + place + "/ocp/" + name + ":4.14.0-x86_64"}, 4, 0, 4, 0, "9 copied (SIZE), 0 were there (SIZE)", ""), "")
			})
		}
	}
}

// In a bad night a hundredth of all requests is reset, and there are bursts of 429 and 503, at the source and the target.
func TestMirrorInABadNight(t *testing.T) {
	c := newCopies(t)
	names := make([]string, 30)
	for i := range names {
		names[i] = fmt.Sprintf("component-%d", i)
	}
	r := c.push(t, c.release(t, "4.14.0", c.scopes(), names...), "4.14.0")
	c.sign(t, "ocp/release", r.Digest())
	for _, name := range names {
		c.sign(t, "ocp/art", componentDigest(t, name))
	}
	c.source.answer(badNight())
	c.target.answer(badNight())
	got := c.run(t, "SOURCE/ocp/release:4.14.0", "--to", "TARGET/ocp/m")
	c.source.answer(nil)
	c.target.answer(nil)
	if got.code != 0 || got.err != "" {
		t.Fatalf("exit code %d, %s", got.code, got.err)
	}
	if n := len(tags(t, c.target.Server, "ocp/m")); n != 62 {
		t.Errorf("%d tags", n)
	}
	whole(t, c.target, "ocp/m")
}

// badNight resets every hundredth request, half of them in the middle of the answer, and refuses 5 of every 40.
func badNight() func(next http.Handler, w http.ResponseWriter, r *http.Request) {
	var mu sync.Mutex
	n := 0
	return func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		n++
		now := n
		mu.Unlock()
		switch {
		case now%100 == 50:
			panic(http.ErrAbortHandler)
		case now%100 == 99:
			_, _ = io.CopyN(io.Discard, r.Body, 10)
			w.Header().Set("Content-Length", "1000000")
			_, _ = io.WriteString(w, "{")
			panic(http.ErrAbortHandler)
		case now%40 < 5:
			w.Header().Set("Retry-After", "0")
			w.WriteHeader([]int{http.StatusTooManyRequests, http.StatusServiceUnavailable}[now/40%2])
		default:
			next.ServeHTTP(w, r)
		}
	}
}

// whole fails the test if a manifest behind a tag lacks a part in its repository.
func whole(t *testing.T, c *recorded, repository string) {
	t.Helper()
	for _, line := range contents(t, c.Server, repository) {
		wholeManifest(t, c, repository, strings.Fields(line)[1])
	}
}

func wholeManifest(t *testing.T, c *recorded, repository, name string) {
	t.Helper()
	var m struct {
		Config            *testrelease.Descriptor
		Layers, Manifests []testrelease.Descriptor
	}
	_, body := get(t, c.Server, "/v2/"+repository+"/manifests/"+name)
	decode(t, body, &m)
	if m.Config != nil {
		m.Layers = append(m.Layers, *m.Config)
	}
	for _, d := range m.Layers {
		if _, data := get(t, c.Server, "/v2/"+repository+"/blobs/"+d.Digest.String()); digest.FromBytes(data) != d.Digest {
			t.Errorf("%s: the blob %s has other bytes", name, d.Digest)
		}
	}
	for _, d := range m.Manifests {
		wholeManifest(t, c, repository, d.Digest.String())
	}
}

// A target that does not take what it is given, or says that it took something else, ends the copy before its tags.
func TestMirrorToOddTargets(t *testing.T) {
	upload := func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/blobs/uploads/") }
	other := digest.FromString("other").String()
	for name, test := range map[string]struct {
		answer func(next http.Handler, w http.ResponseWriter, r *http.Request) bool
		code   int
		err    string // with any digest as DIGEST
	}{
		"read-only": {func(_ http.Handler, w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPost {
				w.WriteHeader(http.StatusMethodNotAllowed)
				return true
			}
			return false
		}, 5, "pushing blob DIGEST of TARGET/ocp/m: TARGET does not take pushes (405 Method Not Allowed): it is read-only"},
		"whole uploads are too large": {func(_ http.Handler, w http.ResponseWriter, r *http.Request) bool {
			if upload(r) && r.Method == http.MethodPut && r.ContentLength > 0 {
				w.WriteHeader(http.StatusRequestEntityTooLarge)
				return true
			}
			return false
		}, 0, ""},
		"everything is too large": {func(_ http.Handler, w http.ResponseWriter, r *http.Request) bool {
			if upload(r) && r.ContentLength > 0 {
				w.WriteHeader(http.StatusRequestEntityTooLarge)
				return true
			}
			return false
		}, 5, "pushing blob DIGEST of TARGET/ocp/m: TARGET has no room for it (413 Request Entity Too Large); raise the registry's quota or limit of sizes, or delete what it need not keep"},
		"a blob gets another digest": {func(_ http.Handler, w http.ResponseWriter, r *http.Request) bool {
			if upload(r) && r.Method == http.MethodPut {
				w.Header().Set("Docker-Content-Digest", other)
				w.WriteHeader(http.StatusCreated)
				return true
			}
			return false
		}, 6, "pushing blob DIGEST of TARGET/ocp/m: TARGET says that it stored DIGEST"},
		"a manifest gets another digest": {func(_ http.Handler, w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, "/manifests/") && r.Method == http.MethodPut {
				w.Header().Set("Docker-Content-Digest", other)
				w.WriteHeader(http.StatusCreated)
				return true
			}
			return false
		}, 6, "pushing TARGET/ocp/m:4.14.0-x86_64-a: TARGET says that it stored DIGEST"},
		"blobs are lost": {func(_ http.Handler, w http.ResponseWriter, r *http.Request) bool {
			if upload(r) && r.Method == http.MethodPut {
				_, _ = io.Copy(io.Discard, r.Body)
				w.WriteHeader(http.StatusCreated)
				return true
			}
			return false
		}, 6, "TARGET/ocp/m accepted the blob DIGEST and does not have it: no manifest was pushed"},
		"manifests are lost": {func(_ http.Handler, w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, "/manifests/") && r.Method == http.MethodPut {
				_, _ = io.Copy(io.Discard, r.Body)
				w.WriteHeader(http.StatusCreated)
				return true
			}
			return false
		}, 6, "TARGET/ocp/m:4.14.0-x86_64 was accepted, and is not there"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCopies(t)
			c.push(t, c.release(t, "4.14.0", nil, "a"), "4.14.0")
			c.target.answer(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if !test.answer(next, w, r) {
					next.ServeHTTP(w, r)
				}
			})
			got := c.run(t, "SOURCE/ocp/release:4.14.0", "--to", "TARGET/ocp/m", "--max-per-registry", "1")
			message := ""
			if test.err != "" {
				message = "error: " + test.err + "\n"
			}
			if now := anyDigest(got.err); got.code != test.code || now != message {
				t.Errorf("exit code %d, want %d\ngot  %swant %s", got.code, test.code, now, message)
			}
			if test.code == 0 {
				whole(t, c.target, "ocp/m")
			}
		})
	}
}

// anyDigest hides digests.
func anyDigest(text string) string {
	for {
		before, after, found := strings.Cut(text, "sha256:")
		if !found {
			return text
		}
		text = before + "DIGEST" + after[min(64, len(after)):]
	}
}
