package transport

import (
	"context"
	"errors"
	"sync"
)

// grant is the permits that a context holds. It lends them back while its requests wait for their next try, so that a
// host that wants no requests for a minute does not keep the permits of another host unused.
type grant struct {
	limiter *Limiter
	need    map[string]int
	ended   chan struct{} // closed by release

	mu       sync.Mutex
	ticket   *ticket // nil while the permits are lent back
	active   int     // requests under way
	failed   bool    // one of them failed, and none has begun since
	released bool
}

var errReleased = errors.New("the permits of this request were given back")

// enter begins a request, after taking permits that were lent back.
func (g *grant) enter(ctx context.Context) error {
	g.mu.Lock()
	if g.released {
		g.mu.Unlock()
		return errReleased
	}
	if g.ticket == nil {
		g.ticket = g.limiter.enqueue(g.need)
	}
	g.active++
	g.failed = false
	ready := g.ticket.ready
	g.mu.Unlock()
	select {
	case <-ready:
		return nil
	case <-g.ended:
		return errReleased
	case <-ctx.Done():
		g.leave(true)
		return ctx.Err()
	}
}

// leave ends a request. After one that failed the permits are lent back, unless another is under way.
func (g *grant) leave(failed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.active--
	g.failed = g.failed || failed
	if g.failed && g.active == 0 {
		g.drop()
	}
}

// release gives the permits back for good.
func (g *grant) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.released {
		g.released = true
		close(g.ended)
	}
	g.drop()
}

// drop gives the permits back. The caller holds the mutex.
func (g *grant) drop() {
	if g.ticket != nil {
		g.limiter.giveBack(g.ticket)
		g.ticket = nil
	}
}
