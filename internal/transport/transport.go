// Package transport is the HTTP stack under registries, signature stores and the API server: a chain of round trippers of
// which each does one thing and knows nothing of the others, nor of who uses them.
//
// A caller chains the links that it needs, in this order, and puts them in front of a Network or of another round tripper,
// such as that of client-go:
//
//	Resume    makes one body of the parts in which a broken one arrives
//	Retry     sends a request again when that may help, and explains the failure when it does not
//	Limiter   bounds how many requests are under way at a host, by what the host can take
//	Buffer    reads short bodies completely, so that one that breaks off fails its try
//	Redirect  follows redirects, without credentials and not to addresses of this machine
//	Plain     asks a host in the clear, if the user allowed it and the host does not speak TLS
//	Log       logs every request
//	Stall     ends a request whose body makes no progress
//	Network   connects: TLS, CA certificates, proxies
//
// The errors of Retry and Resume are final: their text is for the user, and they have a kind of package fault.
package transport

import (
	"context"
	"io"
	"net/http"
	"slices"
	"time"
)

// Link puts something in front of a round tripper. What a link remembers, such as which hosts are busy, it remembers for all
// chains that it is part of.
type Link func(next http.RoundTripper) http.RoundTripper

// Chain puts links in front of base. The first link sees a request first and its response last.
func Chain(base http.RoundTripper, links ...Link) http.RoundTripper {
	for _, link := range slices.Backward(links) {
		base = link(base)
	}
	return base
}

// Func is a function as a round tripper.
type Func func(*http.Request) (*http.Response, error)

// RoundTrip calls the function.
func (f Func) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Clock is the time for links that wait. The zero value is the system's.
type Clock struct {
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error // returns the error of a context that ends first
}

func (c Clock) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

func (c Clock) sleep(ctx context.Context, d time.Duration) error {
	if c.Sleep == nil {
		return Wait(ctx, d)
	}
	return c.Sleep(ctx, d)
}

// Wait waits for d or the end of ctx, whose error it then returns.
func Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Discard ends a response whose body is not wanted. It reads a short body, so that the connection can be used again.
func Discard(response *http.Response) {
	_, _ = io.CopyN(io.Discard, response.Body, 4096)
	response.Body.Close()
}

// host is the host[:port] that gave a response, which redirects may make another one than that of the request.
func host(request *http.Request, response *http.Response) string {
	if response != nil && response.Request != nil {
		return response.Request.URL.Host
	}
	return request.URL.Host
}
