package transport

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"syscall"
)

// Plain asks hosts in the clear that the user allows this for and that do not speak TLS. It remembers them.
type Plain struct {
	mu    sync.Mutex
	hosts map[string]bool
}

// Link asks a host for which allowed is true with TLS first, and in the clear when it does not speak TLS, then and later. The
// Request of a response has the scheme that was used.
func (p *Plain) Link(allowed func(host string) bool) Link {
	return func(next http.RoundTripper) http.RoundTripper {
		return Func(func(request *http.Request) (*http.Response, error) {
			switch {
			case request.URL.Scheme != "https" || !allowed(request.URL.Host):
				return next.RoundTrip(request)
			case p.is(request.URL.Host):
				return sendPlain(next, request)
			}
			return p.try(next, request)
		})
	}
}

// Set says that a host does not speak TLS.
func (p *Plain) Set(host string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hosts == nil {
		p.hosts = map[string]bool{}
	}
	p.hosts[host] = true
}

func (p *Plain) is(host string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hosts[host]
}

// try asks with TLS, and in the clear if the handshake fails or nothing listens on the port of HTTPS.
func (p *Plain) try(next http.RoundTripper, request *http.Request) (*http.Response, error) {
	var noTLS atomic.Bool
	response, err := next.RoundTrip(request.WithContext(httptrace.WithClientTrace(request.Context(), &httptrace.ClientTrace{
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) { noTLS.Store(err != nil && !isTimeout(err)) },
	})))
	if err == nil || request.Context().Err() != nil {
		return response, err
	}
	closed := errors.Is(err, syscall.ECONNREFUSED) && request.URL.Port() == ""
	if !noTLS.Load() && !closed {
		return nil, err
	}
	again, openErr := reopen(request)
	if openErr != nil {
		return nil, err
	}
	response, plainErr := sendPlain(next, again)
	if plainErr != nil {
		return nil, fmt.Errorf("%w (in the clear, after TLS failed)", plainErr)
	}
	p.Set(request.URL.Host)
	return response, nil
}

// sendPlain sends a request over plain HTTP.
func sendPlain(next http.RoundTripper, request *http.Request) (*http.Response, error) {
	plain := request.Clone(request.Context())
	plain.URL.Scheme = "http"
	return next.RoundTrip(plain)
}
