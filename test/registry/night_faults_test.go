package registry

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"

	"github.com/release-x/oc-release-x/internal/faultproxy"
)

// night gives faults to the requests of a registry: of each hundred it resets one, and refuses a burst of 5 to 12. Equal seeds
// choose the same requests, in the order of their arrival.
type night struct {
	mu       sync.Mutex
	random   *rand.Rand
	requests int
	reset    int            // which one of the hundred is reset
	begin    int            // with which one of the hundred a burst begins
	end      int            // with which one it is over
	resets   int            // how many there were
	faults   map[string]int // how many there were of each kind
}

// ways are the kinds of resets.
var ways = []string{"reset before the request", "reset in the request", "reset before the answer", "reset in the answer"}

func newNight(seed uint64) *night {
	return &night{random: rand.New(rand.NewPCG(seed, 0)), faults: map[string]int{}}
}

func (n *night) layer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fault := n.choose(r); fault != nil {
			fault(next).ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// choose returns the fault of a request, nil if it has none.
func (n *night) choose(r *http.Request) faultproxy.Fault {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.requests % 100
	if now == 0 {
		n.reset, n.begin = n.random.IntN(100), n.random.IntN(88)
		n.end = n.begin + 5 + n.random.IntN(8)
	}
	n.requests++
	var fault faultproxy.Fault
	name := ""
	switch {
	case now == n.reset:
		n.resets++
		fault, name = resetRequest(r, n.resets, n.random.Int64N(10_000))
	case now >= n.begin && now < n.end:
		status := []int{http.StatusTooManyRequests, http.StatusServiceUnavailable}[n.requests/100%2]
		fault, name = faultproxy.Status(status, http.Header{"Retry-After": {"0"}}), fmt.Sprint(status)
	default:
		return nil
	}
	n.faults[name]++
	return fault
}

// resetRequest resets the connection of a request in one of the ways, and in a body after so many bytes.
func resetRequest(r *http.Request, way int, bytes int64) (faultproxy.Fault, string) {
	switch {
	case way%3 == 0:
		return faultproxy.ResetRequest(r.ContentLength), ways[0]
	case way%3 == 1 && r.ContentLength > 0:
		return faultproxy.ResetRequest(bytes % r.ContentLength), ways[1]
	case way%3 == 1 && r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/sha256:"):
		return resetAnswer(bytes), ways[3]
	}
	return faultproxy.ResetAnswer(), ways[2]
}

// resetAnswer resets the connection after so many bytes of the answer, and closes it after an answer that has fewer.
func resetAnswer(bytes int64) faultproxy.Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			faultproxy.Reset(bytes)(next).ServeHTTP(w, r)
			panic(http.ErrAbortHandler)
		})
	}
}
