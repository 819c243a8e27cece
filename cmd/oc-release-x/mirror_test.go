package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// copySource is a registry with a release whose blobs do not compress. It counts the bytes of blobs that it sends.
type copySource struct {
	*httptest.Server
	release string
	images  int
	blobs   map[string]int64 // sizes by digest
	size    int64            // of all blobs
	sent    atomic.Int64     // bytes of blobs
	slow    atomic.Bool      // pause after each piece of a blob
}

// wait waits until so many bytes were sent, or the copy has ended.
func (s *copySource) wait(n int64, ended <-chan error) {
	for s.sent.Load() < n && len(ended) == 0 {
		time.Sleep(time.Millisecond)
	}
}

func newCopySource(t *testing.T) *copySource {
	t.Helper()
	registry := testrelease.Registry(t)
	s := &copySource{images: 25, blobs: map[string]int64{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/") {
			w = &slowWriter{w, s}
		}
		registry.Config.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	noise := rand.NewChaCha8([32]byte{})
	file := func(name string, size int) testrelease.Entry {
		data := make([]byte, size)
		_, _ = noise.Read(data)
		return testrelease.File(name, string(data))
	}
	base := file("base", 500_000)
	release := testrelease.New("4.14.0").WithBaseLayer(base)
	push := func(b *testrelease.Builder, repository, tag string) string {
		image, err := b.Build()
		if err == nil {
			err = image.PushTo(registry, repository, tag)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range append(image.Images[0].Layers, image.Images[0].Config) {
			s.blobs[d.Digest.String()] = d.Size
		}
		return s.host() + "/" + repository + "@" + image.Digest().String()
	}
	for i := range s.images - 1 {
		name := fmt.Sprintf("component-%d", i)
		component := testrelease.New("1.0.0").WithLabel("io.openshift.release", "").WithBaseLayer(base).WithBaseLayer(file(name, 50_000+10_000*i)).WithComponent(name)
		release.WithComponent(name, testrelease.Image(push(component, "ocp/art", name)))
	}
	s.release = push(release, "ocp/release", "4.14.0")
	for _, size := range s.blobs {
		s.size += size
	}
	return s
}

// cached lists how many bytes of each blob are in the cache below home.
func cached(t *testing.T, home string) map[string]int64 {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(home, "cache", "*", "blobs", "sha256", "*"))
	if err != nil {
		t.Fatal(err)
	}
	here := map[string]int64{}
	for _, file := range files {
		if info, err := os.Stat(file); err == nil {
			here["sha256:"+strings.TrimSuffix(filepath.Base(file), ".partial")] = info.Size()
		}
	}
	return here
}

// kept is how many bytes of the blobs are at the target, or in the cache below home.
func (s *copySource) kept(t *testing.T, home string, target *httptest.Server) (total int64) {
	t.Helper()
	here := cached(t, home)
	for d, size := range s.blobs {
		if ask(t, target, "/v2/ocp/m/blobs/"+d) != nil {
			total += size
		} else {
			total += here[d]
		}
	}
	return total
}

func (s *copySource) host() string { return strings.TrimPrefix(s.URL, "http://") }

// piece is how many bytes a slowWriter sends at once.
const piece = 8 << 10

// slowWriter sends a blob in pieces.
type slowWriter struct {
	http.ResponseWriter
	source *copySource
}

func (w *slowWriter) Write(p []byte) (int, error) {
	s := w.source
	for n := 0; n < len(p); n += piece {
		part := p[n:min(n+piece, len(p))]
		if _, err := w.ResponseWriter.Write(part); err != nil {
			return n, err
		}
		s.sent.Add(int64(len(part)))
		if s.slow.Load() {
			_ = http.NewResponseController(w.ResponseWriter).Flush()
			time.Sleep(2 * time.Millisecond)
		}
	}
	return len(p), nil
}

// mirror is a process that copies the release to a target, with a home that keeps its cache.
func (s *copySource) mirror(t *testing.T, home string, target *httptest.Server, flags ...string) *exec.Cmd {
	t.Helper()
	args := append([]string{"mirror", "--insecure", s.release, "--to", strings.TrimPrefix(target.URL, "http://") + "/ocp/m"}, flags...)
	command := program(t, "oc-release_x", args...)
	command.Env = append(command.Env, "HOME="+home, "XDG_CACHE_HOME="+filepath.Join(home, "cache"), "TMPDIR="+home)
	return command
}

// complete fails the test unless the target has so many tags; fewer if it is -1.
func complete(t *testing.T, target *httptest.Server, images int) {
	t.Helper()
	var list struct{ Tags []string }
	if body := ask(t, target, "/v2/ocp/m/tags/list"); body != nil {
		decode(t, body, &list)
	}
	if images >= 0 && len(list.Tags) != images {
		t.Errorf("the target has %d tags, want %d", len(list.Tags), images)
	}
	for _, tag := range list.Tags {
		var m struct {
			Config testrelease.Descriptor
			Layers []testrelease.Descriptor
		}
		decode(t, ask(t, target, "/v2/ocp/m/manifests/"+tag), &m)
		for _, d := range append(m.Layers, m.Config) {
			if body := ask(t, target, "/v2/ocp/m/blobs/"+d.Digest.String()); int64(len(body)) != d.Size {
				t.Fatalf("%s: the target has %d bytes of %s, not %d", tag, len(body), d.Digest, d.Size)
			}
		}
	}
}

// ask reads a URL, nil if there is nothing.
func ask(t *testing.T, server *httptest.Server, path string) []byte {
	t.Helper()
	response, err := server.Client().Get(server.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		return nil
	}
	return body
}

func decode(t *testing.T, body []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(body, into); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
}

// kills is how often a test kills a copy. RELEASE_X_TEST_KILLS says it; make test-all has 50.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("RELEASE_X_TEST_KILLS")); err == nil {
		return n
	}
	return 3
}

// TestMirrorContinuesAfterKills kills copies at all sorts of moments.
func TestMirrorContinuesAfterKills(t *testing.T) {
	s := newCopySource(t)
	for i := range kills() {
		home, target := t.TempDir(), testrelease.Registry(t)
		s.sent.Store(0)
		s.slow.Store(true)
		command := s.mirror(t, home, target)
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- command.Wait() }()
		s.wait(s.size*int64((i+1)*37%101)/100, ended)
		time.Sleep(time.Duration(i%10) * 5 * time.Millisecond) // the manifests come after the last blob
		_ = command.Process.Kill()
		killed := <-ended != nil
		complete(t, target, -1)
		s.slow.Store(false)
		sent, kept := s.sent.Swap(0), s.kept(t, home, target)
		if out, err := s.mirror(t, home, target).CombinedOutput(); err != nil {
			t.Fatalf("after kill %d: %v\n%s", i, err, out)
		}
		complete(t, target, s.images)
		again := s.sent.Load() - (s.size - kept)
		t.Logf("killed: %v, after %d of %d bytes, of which %d were kept; %d fetched again", killed, sent, s.size, kept, again)
		// Pieces that were on their way to the killed process are counted late, one for each connection.
		if again > kept/20+8*piece {
			t.Errorf("kill %d after %d of %d bytes, of which %d were kept: %d bytes were fetched again", i, sent, s.size, kept, again)
		}
	}
}

// An interrupt ends a copy, and leaves nothing but what the next run needs.
func TestMirrorIsInterrupted(t *testing.T) {
	for name, flags := range map[string][]string{"cache": nil, "no cache": {"--no-cache"}} {
		t.Run(name, func(t *testing.T) {
			s := newCopySource(t)
			home, target := t.TempDir(), testrelease.Registry(t)
			s.slow.Store(true)
			command := s.mirror(t, home, target, flags...)
			var out, errOut bytes.Buffer
			command.Stdout, command.Stderr = &out, &errOut
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- command.Wait() }()
			s.wait(s.size/2, ended)
			if err := command.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			if got := code(t, <-ended); got != 130 || out.Len() > 0 {
				t.Errorf("exit code %d, %s%s", got, &out, &errOut)
			}
			complete(t, target, -1)
			left, err := filepath.Glob(filepath.Join(home, "*"))
			if err != nil {
				t.Fatal(err)
			}
			if want := map[bool]int{true: 1, false: 0}[flags == nil]; len(left) != want {
				t.Errorf("left behind: %q", left)
			}
			s.slow.Store(false)
			if out, err := s.mirror(t, home, target, flags...).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			complete(t, target, s.images)
		})
	}
}

// Copies to one target at the same time all succeed, with one cache and with several.
func TestMirrorTwiceAtOnce(t *testing.T) {
	s := newCopySource(t)
	target, shared := testrelease.Registry(t), t.TempDir()
	outputs := make(chan string)
	for _, home := range []string{shared, shared, t.TempDir()} {
		command := s.mirror(t, home, target)
		go func() {
			out, err := command.CombinedOutput()
			if err != nil {
				outputs <- fmt.Sprintf("%v\n%s", err, out)
			}
			outputs <- ""
		}()
	}
	for range 3 {
		if out := <-outputs; out != "" {
			t.Error(out)
		}
	}
	complete(t, target, s.images)
}
