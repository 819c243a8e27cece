package cache

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// A test starts this binary again as a process that reads one blob: RELEASE_X_TEST_READER is the cache's folder, the
// address of the blob, its digest and its size.
const readerVariable = "RELEASE_X_TEST_READER"

func TestMain(m *testing.M) {
	if arguments := os.Getenv(readerVariable); arguments != "" {
		if err := readAsProcess(strings.Fields(arguments)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func readAsProcess(arguments []string) error {
	dir, address, d := arguments[0], arguments[1], digest.Digest(arguments[2])
	size, err := strconv.Atoi(arguments[3])
	if err != nil {
		return err
	}
	c := New(Options{Dir: dir, Program: "test", Notef: func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }})
	b := &blob{data: make([]byte, size), digest: d}
	for {
		data, again, err := b.onceFrom(context.Background(), c, func(ctx context.Context, from int64) (io.ReadCloser, error) {
			return get(ctx, address, from)
		})
		if err == nil && len(data) == size {
			c.KeepNote("k", d, []byte("note"))
			c.KeepManifest(oci.SplitRepository("a.b/c"), d, "type", data)
			c.Wait()
			return nil
		}
		if !again {
			return fmt.Errorf("read %d bytes: %w", len(data), err)
		}
	}
}

func get(ctx context.Context, address string, from int64) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	if from > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	return response.Body, nil
}

// place gives a blob over HTTP, slowly if asked to, and counts how often.
type place struct {
	*httptest.Server
	data  []byte
	pause time.Duration // after each 16 KiB
	asked atomic.Int64
	sent  atomic.Int64
}

func newPlace(t *testing.T, size int, pause time.Duration) *place {
	t.Helper()
	p := &place{data: newBlob(size).data, pause: pause}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked.Add(1)
		http.ServeContent(&slow{w, p}, r, "", time.Time{}, bytes.NewReader(p.data))
	}))
	t.Cleanup(p.Close)
	return p
}

type slow struct {
	http.ResponseWriter
	place *place
}

func (s *slow) Write(p []byte) (int, error) {
	for n := 0; n < len(p); n += 16 << 10 {
		part := p[n:min(n+16<<10, len(p))]
		if _, err := s.ResponseWriter.Write(part); err != nil {
			return n, err
		}
		s.place.sent.Add(int64(len(part)))
		_ = http.NewResponseController(s.ResponseWriter).Flush()
		time.Sleep(s.place.pause)
	}
	return len(p), nil
}

// reader is a process that reads the blob of a place through a cache.
func (p *place) reader(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %s %d", readerVariable, dir, p.URL, digest.FromBytes(p.data), len(p.data)))
	return command
}

func TestRow44TwentyProcessesOneDownload(t *testing.T) {
	p := newPlace(t, 256<<10, 5*time.Millisecond)
	dir := filepath.Join(t.TempDir(), "cache")
	outputs := make(chan string)
	for range 20 {
		command := p.reader(t, dir)
		go func() {
			out, err := command.CombinedOutput()
			if err != nil {
				out = fmt.Appendf(out, "%v", err)
			}
			outputs <- string(out)
		}()
	}
	for range 20 {
		if out := <-outputs; out != "" {
			t.Errorf("a process said: %s", out)
		}
	}
	if n := p.asked.Load(); n != 1 {
		t.Errorf("%d downloads, want one", n)
	}
	valid(t, dir)
}

// TestRow44Killed kills readers at all sorts of moments. RELEASE_X_TEST_KILLS says how often; make test-all has 200.
func TestRow44Killed(t *testing.T) {
	kills := 20
	if n, err := strconv.Atoi(os.Getenv("RELEASE_X_TEST_KILLS")); err == nil {
		kills = n
	}
	p := newPlace(t, 64<<10, time.Millisecond)
	dir := filepath.Join(t.TempDir(), "cache")
	for i := range kills {
		command := p.reader(t, dir)
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(i*7%60) * time.Millisecond)
		_ = command.Process.Kill()
		_ = command.Wait()
		if i%10 == 9 {
			// All that was there is begun anew now and then.
			_ = os.RemoveAll(filepath.Join(dir, filepath.FromSlash(blobFolder)))
		}
	}
	p = newPlace(t, 64<<10, 0) // the other one may still be counting what it sends to killed readers
	if out, err := p.reader(t, dir).CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("after the kills: %v %s", err, out)
	}
	if p.asked.Load() > 1 || p.sent.Load() > int64(len(p.data)) {
		t.Errorf("%d downloads, %d bytes", p.asked.Load(), p.sent.Load())
	}
	sweepAll(t, dir)
	valid(t, dir)
}

// sweepAll looks at a cache a day later.
func sweepAll(t *testing.T, dir string) {
	t.Helper()
	c, _ := at(dir)
	now := time.Now().Add(25 * time.Hour)
	c.options.Now = func() time.Time { return now }
	c.sweep()
}

func TestRow44WorkAndSweep(t *testing.T) {
	p := newPlace(t, 64<<10, 0)
	dir := filepath.Join(t.TempDir(), "cache")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			_, _, _ = Clean(Options{Dir: dir}, Cleaning{All: true})
			time.Sleep(time.Millisecond)
		}
	}()
	for i := 0; ; i++ {
		if out, err := p.reader(t, dir).CombinedOutput(); err != nil {
			t.Fatalf("run %d: %v %s", i, err, out)
		}
		select {
		case <-done:
			if out, err := p.reader(t, dir).CombinedOutput(); err != nil || len(out) > 0 {
				t.Fatalf("after the sweeps: %v %s", err, out)
			}
			valid(t, dir)
			return
		default:
		}
	}
}
