package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	growAfter = 10 // answers without a complaint, after which a host gets one more permit
	passMost  = 8  // how often others may be served before a request that waits for two hosts
)

// Limiter bounds the requests that are under way at each host, and adapts to what the host can take. A host begins with
// the maximum. An answer 429 or 503 halves its limit, once per wave: answers to requests that began before the last
// halving do not halve it again. Its Retry-After holds back every request to the host. Ten other answers raise the limit by one,
// up to the maximum; it is never below 1.
//
// The link belongs below the retries, so that a request that waits for its next try holds no permit, and above
// redirects, so that the storage of a registry counts as the registry. What reads from one host while it writes to another takes the
// permits of both with Take. A Limiter is safe for use by several goroutines.
type Limiter struct {
	most int

	mu    sync.Mutex
	hosts map[string]*hostLimit
	queue []*ticket // in the order of arrival
}

// hostLimit is the state of one host.
type hostLimit struct {
	limit   int
	used    int       // permits that are taken
	begun   uint64    // how many requests were sent
	halved  uint64    // how many had been sent at the last halving
	good    int       // answers without a complaint since the limit last changed
	resumes time.Time // the host takes no request before
}

// ticket is a place in the queue.
type ticket struct {
	need   map[string]int // permits by host
	ready  chan struct{}  // closed when they are taken
	taken  bool
	passed int // how often a later ticket was served from a host that this one needs
}

// shares reports whether two tickets need the same host.
func (t *ticket) shares(other *ticket) bool {
	for host := range t.need {
		if other.need[host] > 0 {
			return true
		}
	}
	return false
}

// NewLimiter makes a limiter that allows at most so many requests to a host at once, and at least one.
func NewLimiter(most int) *Limiter {
	return &Limiter{most: max(1, most), hosts: map[string]*hostLimit{}}
}

// Link is the limiter as a link of a chain. A request has its permit until its answer ends, is closed or has no body.
func (l *Limiter) Link(next http.RoundTripper) http.RoundTripper { return limitLink{l, next} }

// Take takes a permit for each of hosts (host[:port]) at once, and waits for all of them together: while it waits it
// holds none, so two callers that need the same hosts cannot block each other. A host that is named twice gives two permits,
// or its only one while its limit is 1. Requests with the context held to these hosts need no permit of their own. When one of
// them fails and no other is under way, the permits go back until the next request. release gives them back for good; it may be called
// more than once. The error is that of ctx.
func (l *Limiter) Take(ctx context.Context, hosts ...string) (held context.Context, release func(), err error) {
	need := map[string]int{}
	for _, host := range hosts {
		need[hostKey(host)]++
	}
	if outer := grantOf(ctx); outer != nil {
		// Waiting for more while holding some is how deadlocks are made.
		for host := range need {
			if outer.need[host] == 0 {
				return nil, nil, errors.New("permits have to be taken together: " + host + " was left out")
			}
		}
		return ctx, func() {}, nil
	}
	g := &grant{limiter: l, need: need, ended: make(chan struct{})}
	if err := g.enter(ctx); err != nil {
		g.release()
		return nil, nil, err
	}
	g.leave(false) // the permits stay: nothing failed
	return context.WithValue(ctx, grantKey{}, g), sync.OnceFunc(g.release), nil
}

// Unlimited returns a context whose requests need no permit. It is for requests that are made for another one which may hold
// the last permit of the same host: those for tokens.
func Unlimited(ctx context.Context) context.Context {
	return context.WithValue(ctx, unlimitedKey{}, true)
}

type (
	grantKey     struct{}
	unlimitedKey struct{}
)

func grantOf(ctx context.Context) *grant {
	g, _ := ctx.Value(grantKey{}).(*grant)
	return g
}

// hostKey makes one key of the spellings of a host.
func hostKey(host string) string { return strings.ToLower(host) }

// limitLink is the round tripper of a limiter.
type limitLink struct {
	limiter *Limiter
	next    http.RoundTripper
}

// RoundTrip waits for a permit, sends the request, and learns from the answer. The error of a wait is that of the context.
func (k limitLink) RoundTrip(req *http.Request) (*http.Response, error) {
	host := hostKey(req.URL.Host)
	done, err := k.limiter.begin(req.Context(), host)
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	sent := k.limiter.sending(host)
	response, err := k.next.RoundTrip(req)
	if err != nil {
		done(true)
		return nil, err
	}
	k.limiter.learn(host, sent, response)
	failed := IsTransientStatus(response.StatusCode)
	if req.Method == http.MethodHead || response.Body == nil || response.Body == http.NoBody || response.ContentLength == 0 {
		done(failed)
		return response, nil
	}
	response.Body = &permitBody{response.Body, sync.OnceFunc(func() { done(failed) })}
	return response, nil
}

// permitBody gives the permit back when the body ends.
type permitBody struct {
	body io.ReadCloser
	done func()
}

func (b *permitBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if err != nil {
		b.done()
	}
	return n, err
}

// Close closes the body first: until then the connection is in use.
func (b *permitBody) Close() error {
	defer b.done()
	return b.body.Close()
}

// begin waits until a request to host may be sent; done ends it and says whether it failed and may be sent again.
func (l *Limiter) begin(ctx context.Context, host string) (done func(failed bool), err error) {
	if unlimited, _ := ctx.Value(unlimitedKey{}).(bool); unlimited {
		return func(bool) {}, nil
	}
	if g := grantOf(ctx); g != nil && g.limiter == l && g.need[host] > 0 {
		if err := g.enter(ctx); err != nil {
			return nil, err
		}
		if err := l.waitUntilResumed(ctx, host); err != nil {
			g.leave(true)
			return nil, err
		}
		return g.leave, nil
	}
	t := l.enqueue(map[string]int{host: 1})
	select {
	case <-t.ready:
		return func(bool) { l.giveBack(t) }, nil
	case <-ctx.Done():
		l.giveBack(t)
		return nil, ctx.Err()
	}
}

// waitUntilResumed waits as long as a host wants no requests. It is for requests whose permit is held already.
func (l *Limiter) waitUntilResumed(ctx context.Context, host string) error {
	for {
		l.mu.Lock()
		wait := time.Until(l.host(host).resumes)
		l.mu.Unlock()
		if wait <= 0 {
			return nil
		}
		if err := Wait(ctx, wait); err != nil {
			return err
		}
	}
}

// sending counts a request and returns its number.
func (l *Limiter) sending(host string) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.host(host)
	h.begun++
	return h.begun
}

// learn adapts the limit of a host to the answer to its request number sent.
func (l *Limiter) learn(host string, sent uint64, response *http.Response) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.host(host)
	switch response.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		h.good = 0
		if sent > h.halved {
			h.limit, h.halved = max(1, h.limit/2), h.begun
		}
		now := time.Now()
		// A longer wait ends the request, which says so; it must not stop all others without a word.
		if wait, ok := RetryAfter(response.Header, now); ok && wait > 0 && wait <= MaxWait && now.Add(wait).After(h.resumes) {
			h.resumes = now.Add(wait)
			time.AfterFunc(wait, func() {
				l.mu.Lock()
				defer l.mu.Unlock()
				l.dispatch()
			})
		}
	default:
		if h.limit == l.most || sent <= h.halved {
			return
		}
		if h.good++; h.good >= growAfter {
			h.good = 0
			h.limit++
			l.dispatch()
		}
	}
}

// host finds or makes the state of a host. The caller holds the mutex, as for all methods below.
func (l *Limiter) host(host string) *hostLimit {
	h := l.hosts[host]
	if h == nil {
		h = &hostLimit{limit: l.most}
		l.hosts[host] = h
	}
	return h
}

// hasRoom reports whether a host can give n permits. One that is not asked for anything always can, or a limit below n would
// block for ever.
func (h *hostLimit) hasRoom(n int) bool {
	return !h.isPaused() && (h.used == 0 || h.used+n <= h.limit)
}

func (h *hostLimit) isPaused() bool { return time.Now().Before(h.resumes) }

// dispatch serves the queue. The first ticket that lacks a host is the first to get it, so later ones wait for that
// host too. For its other hosts, later tickets may be served before it, but not for ever: after a while they
// wait for those too, unless one of its hosts takes no requests at all.
func (l *Limiter) dispatch() {
	reserved := map[string]bool{}
	var waiting []*ticket
	for _, t := range l.queue {
		if l.serves(t, reserved) {
			l.serve(t, waiting)
			continue
		}
		waiting = append(waiting, t)
		paused := false
		for host := range t.need {
			paused = paused || l.host(host).isPaused()
		}
		for host, n := range t.need {
			if !l.host(host).hasRoom(n) || t.passed >= passMost && !paused {
				reserved[host] = true
			}
		}
	}
	l.queue = waiting
}

// serves reports whether every host of a ticket has room that is not reserved.
func (l *Limiter) serves(t *ticket, reserved map[string]bool) bool {
	for host, n := range t.need {
		if reserved[host] || !l.host(host).hasRoom(n) {
			return false
		}
	}
	return true
}

// serve takes the permits of a ticket, before those that wait longer.
func (l *Limiter) serve(t *ticket, before []*ticket) {
	for host, n := range t.need {
		l.host(host).used += n
	}
	for _, b := range before {
		if b.shares(t) {
			b.passed++
		}
	}
	t.taken = true
	close(t.ready)
}

// enqueue adds a ticket and serves it if there is room. It locks the mutex itself, as does giveBack.
func (l *Limiter) enqueue(need map[string]int) *ticket {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &ticket{need: need, ready: make(chan struct{})}
	l.queue = append(l.queue, t)
	l.dispatch()
	return t
}

// giveBack ends a ticket, whether it waits or has its permits.
func (l *Limiter) giveBack(t *ticket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.taken {
		for host, n := range t.need {
			l.host(host).used -= n
		}
	} else {
		l.queue = slices.DeleteFunc(l.queue, func(other *ticket) bool { return other == t })
	}
	l.dispatch()
}
