package registry

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testguard"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
)

// pushBlob uploads data.
func pushBlob(t *testing.T, c *registry.Client, to oci.Repository, data []byte) error {
	t.Helper()
	return c.Target(to).PushBlob(t.Context(), digest.FromBytes(data), int64(len(data)), from(data))
}

// TestConnectionThatIsCut cuts the connection of an upload in one piece twice. The rest is sent with PATCH, from where it broke off.
func TestConnectionThatIsCut(t *testing.T) {
	data, _ := blob(10, 8<<20)
	for kind, s := range targets(t) {
		t.Run(kind, func(t *testing.T) {
			seen, ranges := &writes{}, &ranges{}
			s.fault = func(next http.Handler) http.Handler { return ranges.layer(seen.layer(next)) }
			proxy := startCutter(t, s, 3<<20, 2<<20)
			c := s.client(t, func(o *registry.Options) { o.AuthFile = authFile(t, proxy.host(), login(user, password)) })
			if err := pushBlob(t, c, oci.Repository{Host: proxy.host(), Path: "org/to"}, data); err != nil {
				t.Fatal(err)
			}
			s.fault = nil
			wantContent(t, s.client(t), s.repository("org/to"), data)
			if got := seen.bytes.Load(); got != int64(len(data)) {
				t.Errorf("the registry got %d bytes for %d: %s", got, len(data), seen)
			}
			if n := len(ranges.list); n != 2 || ranges.list[0] < 2<<20 || ranges.list[1] <= ranges.list[0] || proxy.left() > 0 {
				t.Errorf("the rest began at %d, and %d cuts are left: %s", ranges.list, proxy.left(), seen)
			}
		})
	}
}

// TestConnectionThatIsCutInAChunk cuts the connection of an upload in chunks.
func TestConnectionThatIsCutInAChunk(t *testing.T) {
	data, _ := blob(11, 4<<20)
	for kind, s := range targets(t) {
		t.Run(kind, func(t *testing.T) {
			seen := &writes{}
			s.fault = func(next http.Handler) http.Handler { return refuseLarge(1 << 20)(seen.layer(next)) }
			proxy := startCutter(t, s, 3<<20)
			c := s.client(t, func(o *registry.Options) { o.AuthFile = authFile(t, proxy.host(), login(user, password)) })
			if err := pushBlob(t, c, oci.Repository{Host: proxy.host(), Path: "org/to"}, data); err != nil {
				t.Fatal(err)
			}
			s.fault = nil
			wantContent(t, s.client(t), s.repository("org/to"), data)
			if got := seen.bytes.Load(); got != int64(len(data)) || proxy.left() > 0 {
				t.Errorf("the registry got %d bytes for %d, and %d cuts are left: %s", got, len(data), proxy.left(), seen)
			}
		})
	}
}

// layer records requests.
func (w *writes) layer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(response http.ResponseWriter, r *http.Request) {
		w.record(r)
		next.ServeHTTP(response, r)
	})
}

// ranges records where the body of each PATCH begins.
type ranges struct {
	mu   sync.Mutex
	list []int64
}

func (g *ranges) layer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var first int64
		if _, err := fmt.Sscanf(r.Header.Get("Content-Range"), "%d-", &first); err == nil {
			g.mu.Lock()
			g.list = append(g.list, first)
			g.mu.Unlock()
		}
		next.ServeHTTP(w, r)
	})
}

// TestUnreliableRegistry copies blobs within registries that break or refuse requests.
func TestUnreliableRegistry(t *testing.T) {
	const n = 40
	for name, trouble := range map[string]func(http.Handler) http.Handler{
		"one percent is reset": resets(100),
		"ten percent is reset": resets(10),
		"bursts of 503":        bursts(),
	} {
		for kind, s := range targets(t) {
			t.Run(name+" "+kind, func(t *testing.T) {
				c := s.client(t)
				source, target := s.repository("from/here"), s.repository("to/there")
				seed(t, c, source, n)
				large, _ := blob(n, 2<<20)
				s.fault = trouble
				testguard.Finishes(t, "copying", func() { copyAll(t, c, source, target, n) })
				if err := pushBlob(t, c, target, large); err != nil {
					t.Error(err)
				}
				s.fault = nil
				wantContent(t, c, target, large)
				for i := range uint64(n) {
					if _, d := blob(i, 20_000); !exists(t, c, target, d) {
						t.Errorf("blob %d is not there", i)
					}
				}
			})
		}
	}
}

// bursts answers 503 to twenty requests of each hundred.
func bursts() func(http.Handler) http.Handler {
	return when(func(n int) bool { return n%100 >= 80 }, func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		w.WriteHeader(http.StatusServiceUnavailable)
	})
}

// resets breaks off one of n requests: before it is read, while it is read, or while it is answered.
func resets(n int) func(http.Handler) http.Handler {
	way := 0
	var mu sync.Mutex
	return when(every(n), func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		mu.Lock()
		way++
		chosen := way % 3
		mu.Unlock()
		switch chosen {
		case 0:
			r.Body = &brokenBody{r.Body, rand.Int64N(max(1, r.ContentLength))}
			next.ServeHTTP(w, r)
		case 1:
			next.ServeHTTP(&brokenWriter{ResponseWriter: w}, r)
		}
		panic(http.ErrAbortHandler)
	})
}

// every is true for one of n.
func every(n int) func(int) bool { return func(i int) bool { return i%n == n-1 } }

// when has some requests answered by other.
func when(chosen func(n int) bool, other func(http.ResponseWriter, *http.Request, http.Handler)) func(http.Handler) http.Handler {
	var mu sync.Mutex
	count := -1
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			count++
			n := count
			mu.Unlock()
			if chosen(n) {
				other(w, r, next)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// brokenBody is a body that breaks off.
type brokenBody struct {
	io.ReadCloser
	left int64
}

func (b *brokenBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// brokenWriter is an answer of which the first piece arrives at most.
type brokenWriter struct {
	http.ResponseWriter
	written bool
}

func (b *brokenWriter) Write(p []byte) (int, error) {
	if b.written {
		return len(p), nil
	}
	b.written = true
	return b.ResponseWriter.Write(p[:len(p)/2])
}

// cutter is a TCP proxy that cuts connections.
type cutter struct {
	net.Listener
	to string

	mu   sync.Mutex
	cuts []int64 // after how many bytes from the client a connection is cut, in order; connections without an entry are not
}

func (c *cutter) host() string { return c.Addr().String() }

// startCutter is a proxy in front of s. It cuts the connections whose client sends so many bytes, the first in the list first.
func startCutter(t *testing.T, s *server, cuts ...int64) *cutter {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{Listener: listener, to: s.host(), cuts: cuts}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go c.connect(client)
		}
	}()
	return c
}

func (c *cutter) connect(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", c.to)
	if err != nil {
		return
	}
	defer server.Close()
	var cut atomic.Bool
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		buffer := make([]byte, 32<<10)
		for {
			n, err := server.Read(buffer)
			if !cut.Load() {
				_, _ = client.Write(buffer[:n])
			}
			if err != nil {
				return
			}
		}
	}()
	go func() {
		<-answered
		client.Close()
	}()
	var sent int64
	buffer := make([]byte, 32<<10)
	for {
		n, err := client.Read(buffer)
		cut.Store(c.count(&sent, n))
		if _, writeErr := server.Write(buffer[:n]); writeErr != nil || err != nil {
			return
		}
		if cut.Load() {
			// The registry notices first, so that it has counted its bytes when it is asked.
			_ = server.(*net.TCPConn).CloseWrite()
			<-answered
			return
		}
	}
}

// count adds bytes of a connection, and reports whether it is to be cut.
func (c *cutter) count(sent *int64, n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	*sent += int64(n)
	if len(c.cuts) == 0 || *sent < c.cuts[0] {
		return false
	}
	c.cuts = c.cuts[1:]
	return true
}

// left is how many cuts are still to come.
func (c *cutter) left() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.cuts)
}
