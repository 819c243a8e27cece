package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

const (
	// Tries is how often a request is sent, the first time included. Answers of a busy server do not count.
	Tries = 5
	// MaxWait is the longest wait that a server may ask for with Retry-After.
	MaxWait = 60 * time.Second
	// Patience is for how long a server may answer that it is busy, and nothing else, before a request to it fails.
	Patience = 10 * time.Minute

	backoffFirst = 200 * time.Millisecond
	backoffMost  = 15 * time.Second
)

// RetryOptions are those of Retry. The zero value repeats what Repeatable says, silently.
type RetryOptions struct {
	Repeatable func(*http.Request) bool // which requests may be sent again; nil is Repeatable
	Log        *slog.Logger             // each wait at Info; nil drops them
	Clock      Clock
}

// Retry sends a request until there is an answer that another try would not change. It tries again after the statuses of
// IsTransientStatus, resets, refused connections, timeouts, bodies that Buffer could not read, and HTTP/2 stream errors: Tries
// times, with Backoff between them or as long as Retry-After says. 429 and 503 use up no try, unless the context is that of Hurry;
// when a host has answered nothing else for Patience, the request fails. A request that may not be repeated is sent once, and its answer is what comes.
//
// A status that does not pass becomes a *StatusError. Every error is explained, see Explain.
func Retry(o RetryOptions) Link {
	if o.Repeatable == nil {
		o.Repeatable = Repeatable
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	r := &retry{RetryOptions: o, busy: map[string]time.Time{}}
	return func(next http.RoundTripper) http.RoundTripper {
		return Func(func(request *http.Request) (*http.Response, error) {
			if !o.Repeatable(request) {
				response, err := next.RoundTrip(request)
				if err != nil {
					return nil, Explain(request.URL.Host, err, 1)
				}
				return response, nil
			}
			return r.send(next, request)
		})
	}
}

// RepeatError is the error of a link below Retry that asks for another try, whatever Err is. With Progress the tries before it
// are forgotten, because this one brought the request on.
type RepeatError struct {
	Err      error
	Progress bool
}

func (e *RepeatError) Error() string { return e.Err.Error() }

// Unwrap is the reason.
func (e *RepeatError) Unwrap() error { return e.Err }

// Repeatable reports whether a request may be sent again: its method changes nothing the second time, and its body, if it has
// one, can be opened again.
func Repeatable(r *http.Request) bool {
	switch r.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodPut:
		return r.Body == nil || r.Body == http.NoBody || r.GetBody != nil
	}
	return false
}

// retry remembers which hosts are busy.
type retry struct {
	RetryOptions
	mu   sync.Mutex
	busy map[string]time.Time // since when a host answers nothing else, by host
}

func (r *retry) send(next http.RoundTripper, request *http.Request) (*http.Response, error) {
	ctx, sent, failed := request.Context(), request, 0
	for n := 1; ; n++ {
		response, err := next.RoundTrip(sent)
		if err == nil && !IsTransientStatus(response.StatusCode) {
			r.answered(host(sent, response))
			return response, nil
		}
		if ctx.Err() != nil {
			if response != nil {
				Discard(response)
			}
			return nil, ctx.Err()
		}
		var wait time.Duration
		if err == nil {
			wait, err = r.judge(sent, response, n, &failed)
		} else {
			if again, ok := errors.AsType[*RepeatError](err); ok && again.Progress {
				failed = 0
			}
			failed++
			wait = Backoff(failed)
			if failed == Tries || !transient(err) {
				err = Explain(sent.URL.Host, err, failed)
			} else {
				r.log(sent.URL.Host, failed+1, true, wait, err)
				err = nil
			}
		}
		if err != nil {
			return nil, err
		}
		if err := r.Clock.sleep(ctx, wait); err != nil {
			return nil, err
		}
		if sent, err = reopen(request); err != nil {
			return nil, err
		}
	}
}

// judge says how long to wait after a status that may pass, and fails when that is over.
func (r *retry) judge(sent *http.Request, response *http.Response, n int, failed *int) (time.Duration, error) {
	host, status := host(sent, response), &StatusError{host(sent, response), response.StatusCode}
	now := r.Clock.now()
	wait, given := RetryAfter(response.Header, now)
	Discard(response)
	if wait > MaxWait {
		return 0, fault.Errorf(fault.Network, "%w and asks to wait %v, which is longer than %v: try again later", status, wait, MaxWait)
	}
	if !given {
		wait = Backoff(n)
	}
	if isBusy(status.Code) && !isHurried(sent.Context()) {
		if now.Sub(r.busySince(host, now)) >= Patience {
			return 0, fault.Errorf(fault.Network, "%w, and has answered nothing else for %v: try again later", status, Patience)
		}
		r.log(host, n+1, false, wait, status)
		return wait, nil
	}
	if !isBusy(status.Code) {
		r.answered(host)
	}
	*failed++
	if *failed == Tries {
		return 0, Explain(host, status, *failed)
	}
	r.log(host, *failed+1, true, wait, status)
	return wait, nil
}

type hurryKey struct{}

// Hurry returns a context with which, or without which, answers of a busy server use up a try. It is for requests that another
// server can answer as well.
func Hurry(ctx context.Context, hurry bool) context.Context {
	return context.WithValue(ctx, hurryKey{}, hurry)
}

func isHurried(ctx context.Context) bool {
	hurry, _ := ctx.Value(hurryKey{}).(bool)
	return hurry
}

// isBusy reports whether a server asks for patience.
func isBusy(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}

// busySince is since when a host has answered nothing but that it is busy.
func (r *retry) busySince(host string, now time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	since, ok := r.busy[host]
	if !ok {
		since = now
		r.busy[host] = now
	}
	return since
}

// answered says that a host has given an answer of another kind.
func (r *retry) answered(host string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.busy, host)
}

// log says that a request is sent again. A limit is named where the try counts.
func (r *retry) log(host string, try int, counts bool, wait time.Duration, err error) {
	attrs := []slog.Attr{slog.String("host", host), slog.Int("try", try)}
	if counts {
		attrs = append(attrs, slog.Int("of", Tries))
	}
	attrs = append(attrs, slog.Duration("wait", wait.Round(time.Millisecond)), slog.String("reason", Explain(host, err, 1).Error()))
	r.Log.LogAttrs(context.Background(), slog.LevelInfo, "retrying", attrs...)
}

// reopen is a request with its body from the beginning. It fails if the body cannot be opened again.
func reopen(request *http.Request) (*http.Request, error) {
	switch {
	case request.Body == nil, request.Body == http.NoBody:
		return request, nil
	case request.GetBody == nil:
		return nil, fmt.Errorf("what is sent to %s cannot be read again", request.URL.Host)
	}
	again := request.Clone(request.Context())
	body, err := request.GetBody()
	if err != nil {
		return nil, fmt.Errorf("reading again what is sent to %s: %w", request.URL.Host, err)
	}
	again.Body = body
	return again, nil
}

// IsTransientStatus reports whether a status may pass by itself, so that the same request is worth another try.
func IsTransientStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// Backoff is how long to wait after try n, counted from 1: full jitter of a span that doubles up to 15 seconds.
func Backoff(n int) time.Duration {
	span := min(backoffFirst<<(min(n, 16)-1), backoffMost)
	return time.Duration(rand.Int64N(int64(span))) //nolint:gosec // spreads load, decides nothing
}

// RetryAfter reads the header Retry-After: a number of seconds, or a date as seen at now. It is false for anything else.
func RetryAfter(header http.Header, now time.Time) (wait time.Duration, ok bool) {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, 1<<31)) * time.Second, true
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(0, date.Sub(now).Round(time.Second)), true
	}
	return 0, false
}
