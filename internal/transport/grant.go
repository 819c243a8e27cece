package transport

import (
	"context"
	"errors"
	"sync"
)

// Take takes a permit for each of hosts (host[:port]) at once, and waits for all of them together: while it waits it
// holds none, so two callers that need the same hosts cannot block each other. A host that is named twice gives two permits,
// or its only one while its limit is 1. Requests with the context held to these hosts need no permit of their own, nor does Take.
// When one of them fails and no other is under way, the permits go back until the next request. release gives them back for good;
// it may be called more than once. The error is that of ctx.
//
// A context that holds permits can take those of another host; Take then waits while it holds the first ones. This can only
// block if another caller holds the other host and waits for one of the first. No copy does that for a mirror of its source.
func (l *Limiter) Take(ctx context.Context, hosts ...string) (held context.Context, release func(), err error) {
	need := map[string]int{}
	for _, host := range hosts {
		if host = hostKey(host); l.grantOf(ctx, host) == nil {
			need[host]++
		}
	}
	if len(need) == 0 {
		return ctx, func() {}, nil
	}
	outer, _ := ctx.Value(grantKey{}).(*grant)
	g := &grant{limiter: l, outer: outer, need: need, ended: make(chan struct{})}
	if err := g.enter(ctx); err != nil {
		g.release()
		return nil, nil, err
	}
	g.leave(false) // the permits stay: nothing failed
	return context.WithValue(ctx, grantKey{}, g), g.release, nil
}

// grantKey is the key of a context's grant.
type grantKey struct{}

// grantOf finds the permits for a host that a context holds, nil if it holds none.
func (l *Limiter) grantOf(ctx context.Context, host string) *grant {
	g, _ := ctx.Value(grantKey{}).(*grant)
	for ; g != nil; g = g.outer {
		if g.limiter == l && g.need[host] > 0 {
			return g
		}
	}
	return nil
}

// grant is the permits that a context holds. It lends them back while its requests wait for their next try, so that a
// host that wants no requests for a minute does not keep the permits of another host unused.
type grant struct {
	limiter *Limiter
	outer   *grant // what the context held before, nil for nothing
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
