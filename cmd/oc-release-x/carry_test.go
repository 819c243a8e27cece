package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// load is a process that copies a layout to a registry.
func load(t *testing.T, dir string, target *httptest.Server) *exec.Cmd {
	t.Helper()
	return at(t.TempDir(), program(t, "oc-release_x", "mirror", "--insecure", "--from", "oci:"+dir, "--to", strings.TrimPrefix(target.URL, "http://")+"/ocp/m"))
}

// at gives a process a home.
func at(home string, command *exec.Cmd) *exec.Cmd {
	command.Env = append(command.Env, "HOME="+home, "XDG_CACHE_HOME="+filepath.Join(home, "cache"), "TMPDIR="+home)
	return command
}

// done runs a process to its end.
func done(t *testing.T, command *exec.Cmd) {
	t.Helper()
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%q: %v\n%s", command.Args, err, out)
	}
}

// killed kills a process when wait returns, and reports whether it was still there.
func killed(t *testing.T, command *exec.Cmd, wait func(ended <-chan error)) bool {
	t.Helper()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	wait(ended)
	_ = command.Process.Kill()
	return <-ended != nil
}

// wholeLayout fails the test unless index.json names so many images, and all that they need is there, intact; any number if it is -1.
func wholeLayout(t *testing.T, dir string, images int) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if errors.Is(err, fs.ErrNotExist) && images < 0 {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	blob := func(d testrelease.Descriptor) []byte {
		data, err := os.ReadFile(filepath.Join(dir, "blobs", "sha256", d.Digest.Encoded()))
		if err != nil || digest.FromBytes(data) != d.Digest {
			t.Fatalf("index.json names %s, which has %d bytes, not %d; %v", d.Digest, len(data), d.Size, err)
		}
		return data
	}
	var index struct{ Manifests []testrelease.Descriptor }
	decode(t, text, &index)
	for _, d := range index.Manifests {
		var m struct {
			Config testrelease.Descriptor
			Layers []testrelease.Descriptor
		}
		decode(t, blob(d), &m)
		for _, part := range append(m.Layers, m.Config) {
			blob(part)
		}
	}
	if images >= 0 && len(index.Manifests) != images {
		t.Errorf("the layout has %d images, want %d", len(index.Manifests), images)
	}
}

// leftovers fails the test if a layout has other files than it should.
func leftovers(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "blobs", "sha256", ".*"))
	if err != nil || len(files) > 0 {
		t.Errorf("left %q, %v", files, err)
	}
}

// keptIn is how many bytes of the blobs are in a layout, or in the cache below home.
func (s *copySource) keptIn(t *testing.T, dir, home string) (total int64) {
	t.Helper()
	inCache := cached(t, home)
	for d, size := range s.blobs {
		if _, err := os.Stat(filepath.Join(dir, "blobs", "sha256", strings.TrimPrefix(d, "sha256:"))); err == nil {
			total += size
		} else {
			total += inCache[d]
		}
	}
	return total
}

// TestPullContinuesAfterKills kills copies to a disk at all sorts of moments. Every other one adds to a layout that is there.
func TestPullContinuesAfterKills(t *testing.T) {
	s := newCopySource(t)
	for i := range kills() {
		home, dir := t.TempDir(), filepath.Join(t.TempDir(), "layout")
		s.slow.Store(false)
		if i%2 == 1 {
			done(t, s.pull(t, home, "oci:"+dir, "--component", "component-0"))
		}
		before := s.keptIn(t, dir, home)
		s.sent.Store(0)
		s.slow.Store(true)
		was := killed(t, s.pull(t, home, "oci:"+dir), func(ended <-chan error) {
			s.wait((s.size-before)*int64((i+1)*37%101)/100, ended)
			time.Sleep(time.Duration(i%10) * 5 * time.Millisecond) // the index comes after the last blob
		})
		wholeLayout(t, dir, -1)
		s.slow.Store(false)
		sent, kept := s.sent.Swap(0), s.keptIn(t, dir, home)
		done(t, s.pull(t, home, "oci:"+dir))
		wholeLayout(t, dir, s.images)
		leftovers(t, dir)
		again := s.sent.Load() - (s.size - kept)
		t.Logf("killed: %v, after %d of %d bytes, of which %d were kept; %d fetched again", was, sent, s.size, kept, again)
		// Pieces that were on their way to the killed process are counted late, one for each connection.
		if again > kept/20+8*piece {
			t.Errorf("kill %d after %d of %d bytes, of which %d were kept: %d bytes were fetched again", i, sent, s.size, kept, again)
		}
	}
}

// slowTarget is a registry that takes its time with what is pushed, and counts the bytes.
type slowTarget struct {
	*httptest.Server
	received atomic.Int64
	slow     atomic.Bool
}

func newSlowTarget(t *testing.T) *slowTarget {
	t.Helper()
	registry, s := testrelease.Registry(t), &slowTarget{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/blobs/") {
			r.Body = &slowBody{r.Body, s}
		}
		registry.Config.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// slowBody is a body that is read in pieces.
type slowBody struct {
	io.ReadCloser
	target *slowTarget
}

func (b *slowBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p[:min(len(p), piece)])
	b.target.received.Add(int64(n))
	if b.target.slow.Load() {
		time.Sleep(2 * time.Millisecond)
	}
	return n, err
}

// wait waits until so many bytes were received, or the copy has ended.
func (s *slowTarget) wait(n int64, ended <-chan error) {
	for s.received.Load() < n && len(ended) == 0 {
		time.Sleep(time.Millisecond)
	}
}

// TestLoadContinuesAfterKills kills copies from a disk to a registry. What the registry has is not sent again.
func TestLoadContinuesAfterKills(t *testing.T) {
	s := newCopySource(t)
	dir := filepath.Join(t.TempDir(), "layout")
	done(t, s.pull(t, t.TempDir(), "oci:"+dir))
	asked := s.sent.Load()
	for i := range kills() {
		target := newSlowTarget(t)
		target.slow.Store(true)
		was := killed(t, load(t, dir, target.Server), func(ended <-chan error) {
			target.wait(s.size*int64((i+1)*37%101)/100, ended)
			time.Sleep(time.Duration(i%10) * 5 * time.Millisecond)
		})
		complete(t, target.Server, -1)
		target.slow.Store(false)
		kept := int64(0)
		for d, size := range s.blobs {
			if ask(t, target.Server, "/v2/ocp/m/blobs/"+d) != nil {
				kept += size
			}
		}
		received := target.received.Swap(0)
		done(t, load(t, dir, target.Server))
		complete(t, target.Server, s.images)
		again := target.received.Load() - (s.size - kept)
		t.Logf("killed: %v, after %d of %d bytes, of which %d were kept; %d sent again", was, received, s.size, kept, again)
		if again > kept/20 {
			t.Errorf("kill %d after %d of %d bytes, of which %d were kept: %d bytes were sent again", i, received, s.size, kept, again)
		}
	}
	if s.sent.Load() != asked {
		t.Error("loading asked the source")
	}
}

// An interrupt ends both kinds of copies, and leaves a layout that the next run completes.
func TestPullAndLoadAreInterrupted(t *testing.T) {
	s := newCopySource(t)
	home, dir := t.TempDir(), filepath.Join(t.TempDir(), "layout")
	interrupted := func(command *exec.Cmd, wait func(<-chan error)) {
		t.Helper()
		var out, errOut strings.Builder
		command.Stdout, command.Stderr = &out, &errOut
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- command.Wait() }()
		wait(ended)
		if err := command.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if got := code(t, <-ended); got != 130 || out.Len() > 0 {
			t.Errorf("exit code %d, %s%s", got, &out, &errOut)
		}
	}
	s.slow.Store(true)
	interrupted(s.pull(t, home, "oci:"+dir), func(ended <-chan error) { s.wait(s.size/2, ended) })
	s.slow.Store(false)
	wholeLayout(t, dir, -1)
	leftovers(t, dir)
	done(t, s.pull(t, home, "oci:"+dir))
	wholeLayout(t, dir, s.images)

	target := newSlowTarget(t)
	target.slow.Store(true)
	interrupted(load(t, dir, target.Server), func(ended <-chan error) { target.wait(s.size/2, ended) })
	target.slow.Store(false)
	complete(t, target.Server, -1)
	done(t, load(t, dir, target.Server))
	complete(t, target.Server, s.images)
}

// Pulls into one layout at the same time all succeed, and lose no image.
func TestPullTwiceAtOnce(t *testing.T) {
	s := newCopySource(t)
	dir, shared := filepath.Join(t.TempDir(), "layout"), t.TempDir()
	outputs := make(chan string)
	pulls := []*exec.Cmd{
		s.pull(t, shared, "oci:"+dir), s.pull(t, shared, "oci:"+dir, "--component", "component-1*"),
		s.pull(t, t.TempDir(), "oci:"+dir, "--component", "component-2*"), s.pull(t, t.TempDir(), "oci:"+dir, "--only-release"),
	}
	for _, command := range pulls {
		go func() {
			out, err := command.CombinedOutput()
			if err != nil {
				outputs <- fmt.Sprintf("%v\n%s", err, out)
				return
			}
			outputs <- ""
		}()
	}
	for range pulls {
		if out := <-outputs; out != "" {
			t.Error(out)
		}
	}
	wholeLayout(t, dir, s.images)
	leftovers(t, dir)
}
