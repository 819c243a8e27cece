package blobstore

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
)

// A test starts this binary again as a process that reads one blob: RELEASE_X_TEST_READER is the store's directory, the
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
	o := testOptions(dir)
	o.Notef = func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
	c := New(o)
	b := &blob{data: make([]byte, size), digest: d}
	for {
		data, again, err := b.onceFrom(context.Background(), c, func(ctx context.Context, from int64) (io.ReadCloser, error) {
			return get(ctx, address, from)
		})
		if err == nil && len(data) == size {
			c.WriteFile("notes/k/x", []byte("notes/k/x"))
			c.WriteFile("repositories/x/y", data)
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

// server serves a blob over HTTP, slowly if asked to, and counts how often.
type server struct {
	*httptest.Server
	data  []byte
	pause time.Duration // after each 16 KiB
	asked atomic.Int64
	sent  atomic.Int64
}

func newServer(t *testing.T, size int, pause time.Duration) *server {
	t.Helper()
	p := &server{data: newBlob(size).data, pause: pause}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked.Add(1)
		http.ServeContent(&slow{w, p}, r, "", time.Time{}, bytes.NewReader(p.data))
	}))
	t.Cleanup(p.Close)
	return p
}

type slow struct {
	http.ResponseWriter
	server *server
}

func (s *slow) Write(p []byte) (int, error) {
	for n := 0; n < len(p); n += 16 << 10 {
		part := p[n:min(n+16<<10, len(p))]
		if _, err := s.ResponseWriter.Write(part); err != nil {
			return n, err
		}
		s.server.sent.Add(int64(len(part)))
		_ = http.NewResponseController(s.ResponseWriter).Flush()
		time.Sleep(s.server.pause)
	}
	return len(p), nil
}

// reader is a process that reads the blob of a server through a store.
func (p *server) reader(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %s %d", readerVariable, dir, p.URL, digest.FromBytes(p.data), len(p.data)))
	return command
}

func TestTwentyProcessesDownloadOnce(t *testing.T) {
	p := newServer(t, 256<<10, 5*time.Millisecond)
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

// TestStoreSurvivesKilledProcesses kills readers at all sorts of moments. RELEASE_X_TEST_KILLS says how often; make test-all has 200.
func TestStoreSurvivesKilledProcesses(t *testing.T) {
	kills := 20
	if n, err := strconv.Atoi(os.Getenv("RELEASE_X_TEST_KILLS")); err == nil {
		kills = n
	}
	p := newServer(t, 64<<10, time.Millisecond)
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
			_ = os.RemoveAll(filepath.Join(dir, filepath.FromSlash(blobDirectory)))
		}
	}
	p = newServer(t, 64<<10, 0) // the other one may still be counting what it sends to killed readers
	if out, err := p.reader(t, dir).CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("after the kills: %v %s", err, out)
	}
	if p.asked.Load() > 1 || p.sent.Load() > int64(len(p.data)) {
		t.Errorf("%d downloads, %d bytes", p.asked.Load(), p.sent.Load())
	}
	evictLater(t, dir)
	valid(t, dir)
}

// clean opens a store and cleans it.
func clean(o Options, what Cleaning) (files int, bytes int64, err error) {
	s, err := Inspect(o)
	if s == nil {
		return 0, 0, err
	}
	defer s.Close()
	return s.Clean(what)
}

// evictLater evicts a day later.
func evictLater(t *testing.T, dir string) {
	t.Helper()
	c, _ := at(dir)
	now := time.Now().Add(25 * time.Hour)
	c.options.Now = func() time.Time { return now }
	c.evictHourly()
}

func TestProcessesReadWhileOthersClean(t *testing.T) {
	p := newServer(t, 64<<10, 0)
	dir := filepath.Join(t.TempDir(), "cache")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			_, _, _ = clean(testOptions(dir), Cleaning{All: true})
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
				t.Fatalf("after the cleaning: %v %s", err, out)
			}
			valid(t, dir)
			return
		default:
		}
	}
}
