// Package served is the registry that clients are measured with: the releases in it, and exact counts of what was
// asked for and sent.
package served

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Count is what a registry was asked for.
type Count struct {
	Requests map[string]int // by method
	Bytes    int64          // of the bodies it sent
	Blobs    map[string]int // GETs, by digest
}

func newCount() Count { return Count{Requests: map[string]int{}, Blobs: map[string]int{}} }

// Repeated is the number of GETs of blobs that were asked for before.
func (c Count) Repeated() int {
	repeated := 0
	for _, n := range c.Blobs {
		repeated += n - 1
	}
	return repeated
}

// Total is the number of requests.
func (c Count) Total() int {
	total := 0
	for _, n := range c.Requests {
		total += n
	}
	return total
}

// String is the requests by method, such as "2 GET + 1 HEAD"; "0" for none.
func (c Count) String() string {
	if c.Total() == 0 {
		return "0"
	}
	var parts []string
	for method, n := range c.Requests {
		parts = append(parts, fmt.Sprintf("%d %s", n, method))
	}
	slices.SortFunc(parts, func(a, b string) int {
		_, x, _ := strings.Cut(a, " ")
		_, y, _ := strings.Cut(b, " ")
		return cmp.Compare(x, y)
	})
	return strings.Join(parts, " + ")
}

// counter counts what a handler is asked for.
type counter struct {
	next http.Handler

	mu    sync.Mutex
	idle  sync.Cond
	busy  int
	count Count
}

func newCounter(next http.Handler) *counter {
	c := &counter{next: next, count: newCount()}
	c.idle.L = &c.mu
	return c
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.busy++
	c.count.Requests[r.Method]++
	if _, d, ok := strings.Cut(r.URL.Path, "/blobs/sha256:"); ok && r.Method == http.MethodGet {
		c.count.Blobs["sha256:"+d]++
	}
	c.mu.Unlock()
	sent := &sender{ResponseWriter: w}
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.busy--
		c.count.Bytes += sent.bytes
		c.idle.Broadcast()
	}()
	c.next.ServeHTTP(sent, r)
}

// take waits until every request was answered, and gives and forgets what was counted.
func (c *counter) take() Count {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.busy > 0 {
		c.idle.Wait()
	}
	taken := c.count
	c.count = newCount()
	return taken
}

// sender counts the bytes of a body.
type sender struct {
	http.ResponseWriter
	bytes int64
}

func (s *sender) Write(p []byte) (int, error) {
	n, err := s.ResponseWriter.Write(p)
	s.bytes += int64(n)
	return n, err
}

// Flush sends what was written so far.
func (s *sender) Flush() {
	if f, ok := s.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}
