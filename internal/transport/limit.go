package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
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
// permits of both with Take. Requests for tokens do not belong in front of it: they are made for another request, which may hold the
// last permit of the same host. A Limiter is safe for use by several goroutines.
type Limiter struct {
	LimiterOptions

	mu    sync.Mutex
	hosts map[string]*hostLimit
	queue []*ticket // in the order of arrival
}

// LimiterOptions are those of a Limiter.
type LimiterOptions struct {
	Most  int                                  // requests to a host at once, at least 1
	After func(wait time.Duration, run func()) // calls run when wait is over; nil is the system's clock
}

// hostLimit is the state of one host.
type hostLimit struct {
	limit   int
	used    int           // permits that are taken
	begun   uint64        // how many requests were sent
	halved  uint64        // how many had been sent at the last halving
	good    int           // answers without a complaint since the limit last changed
	pauses  int           // how many waits that the host asked for are not over
	resumed chan struct{} // closed at the end of the last of them
}

// NewLimiter makes a limiter.
func NewLimiter(o LimiterOptions) *Limiter {
	o.Most = max(1, o.Most)
	if o.After == nil {
		o.After = func(wait time.Duration, run func()) { time.AfterFunc(wait, run) }
	}
	return &Limiter{LimiterOptions: o, hosts: map[string]*hostLimit{}}
}

// Link is the limiter as a link of a chain. A request has its permit until its answer ends, is closed or has no body.
func (l *Limiter) Link(next http.RoundTripper) http.RoundTripper { return limitLink{l, next} }

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
	sent := k.limiter.count(host)
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
	var once sync.Once
	response.Body = &permitBody{response.Body, func(broken bool) { once.Do(func() { done(failed || broken) }) }}
	return response, nil
}

// permitBody gives the permit back when the body ends.
type permitBody struct {
	body io.ReadCloser
	end  func(broken bool) // may be called more than once
}

func (b *permitBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if err != nil {
		b.end(!errors.Is(err, io.EOF))
	}
	return n, err
}

// Close closes the body first: until then the connection is in use.
func (b *permitBody) Close() error {
	defer b.end(false)
	return b.body.Close()
}

// begin waits until a request to host may be sent; done ends it and says whether it failed and may be sent again.
func (l *Limiter) begin(ctx context.Context, host string) (done func(failed bool), err error) {
	if g := l.grantOf(ctx, host); g != nil {
		if err := g.enter(ctx); err != nil {
			return nil, err
		}
		if err := l.waitForPauses(ctx, host); err != nil {
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

// waitForPauses waits as long as a host wants no requests. It is for requests whose permit is held already.
func (l *Limiter) waitForPauses(ctx context.Context, host string) error {
	l.mu.Lock()
	resumed := l.host(host).resumed
	l.mu.Unlock()
	if resumed == nil {
		return nil
	}
	select {
	case <-resumed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// count counts a request and returns its number.
func (l *Limiter) count(host string) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.host(host)
	h.begun++
	return h.begun
}

// learn adapts to the answer to request number sent of a host.
func (l *Limiter) learn(host string, sent uint64, response *http.Response) {
	if !isBusy(response.StatusCode) {
		l.grow(host, sent)
		return
	}
	l.mu.Lock()
	h := l.host(host)
	h.good = 0
	if sent > h.halved {
		h.limit, h.halved = max(1, h.limit/2), h.begun
	}
	l.mu.Unlock()
	// A longer wait ends the request, which says so; it must not stop all others without a word.
	if wait, ok := RetryAfter(response.Header, time.Now()); ok && wait > 0 && wait <= MaxWait {
		l.pause(host, wait)
	}
}

// grow counts an answer without a complaint. One to a request from before the last halving says nothing about the limit.
func (l *Limiter) grow(host string, sent uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.host(host)
	if h.limit == l.Most || sent <= h.halved {
		return
	}
	if h.good++; h.good >= growAfter {
		h.good = 0
		h.limit++
		l.dispatch()
	}
}

// pause keeps requests from a host for a while.
func (l *Limiter) pause(host string, wait time.Duration) {
	l.mu.Lock()
	h := l.host(host)
	if h.pauses++; h.pauses == 1 {
		h.resumed = make(chan struct{})
	}
	l.mu.Unlock()
	l.After(wait, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if h.pauses--; h.pauses == 0 {
			close(h.resumed)
			h.resumed = nil
			l.dispatch()
		}
	})
}

// host finds or makes the state of a host. The caller holds the mutex, as for all methods below.
func (l *Limiter) host(host string) *hostLimit {
	h := l.hosts[host]
	if h == nil {
		h = &hostLimit{limit: l.Most}
		l.hosts[host] = h
	}
	return h
}
