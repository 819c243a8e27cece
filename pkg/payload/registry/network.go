package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// headerLimit bounds a response's header: signed addresses of storage take a few kilobytes.
const headerLimit = 128 << 10

// route is a way to a host. Every way has a transport of its own, so that what holds for one host never holds for another.
type route struct {
	host     string
	insecure bool
	guard    guard
}

// network holds the connections of a client.
type network struct {
	options Options
	proxy   func() func(*url.URL) (*url.URL, error)
	roots   *roots

	mu         sync.Mutex
	transports map[route]*http.Transport
	plain      map[string]bool // insecure hosts that do not speak TLS
}

func newNetwork(o Options) *network {
	return &network{
		options:    o,
		proxy:      sync.OnceValue(func() func(*url.URL) (*url.URL, error) { return proxyConfig(o.Getenv).ProxyFunc() }),
		roots:      newRoots(o),
		transports: map[route]*http.Transport{},
		plain:      map[string]bool{},
	}
}

// proxyConfig reads the environment as curl and Go do.
func proxyConfig(getenv func(string) string) *httpproxy.Config {
	either := func(upper, lower string) string {
		if v := getenv(upper); v != "" {
			return v
		}
		return getenv(lower)
	}
	return &httpproxy.Config{
		HTTPProxy:  either("HTTP_PROXY", "http_proxy"),
		HTTPSProxy: either("HTTPS_PROXY", "https_proxy"),
		NoProxy:    either("NO_PROXY", "no_proxy"),
		CGI:        getenv("REQUEST_METHOD") != "",
	}
}

// send makes one request on a route. An insecure host that does not speak TLS is asked in the clear, then and later.
func (n *network) send(req *http.Request, via route) (*http.Response, error) {
	if via.insecure && n.isPlain(via.host) {
		return n.once(inTheClear(req), via)
	}
	if !via.insecure || req.URL.Scheme != "https" {
		return n.once(req, via)
	}
	var noTLS atomic.Bool
	traced := req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			noTLS.Store(err != nil && !isTimeout(err))
		},
	}))
	response, err := n.once(traced, via)
	if err == nil || req.Context().Err() != nil {
		return response, err
	}
	closed := errors.Is(err, syscall.ECONNREFUSED) && req.URL.Port() == ""
	if !noTLS.Load() && !closed {
		return nil, err
	}
	response, plainErr := n.once(inTheClear(req), via)
	if plainErr != nil {
		return nil, fmt.Errorf("%w (in the clear, after TLS failed)", plainErr)
	}
	n.setPlain(via.host)
	return response, nil
}

// inTheClear is the request over plain HTTP.
func inTheClear(req *http.Request) *http.Request {
	plain := req.Clone(req.Context())
	plain.URL.Scheme = "http"
	if req.GetBody != nil {
		if body, err := req.GetBody(); err == nil {
			plain.Body = body
		}
	}
	return plain
}

func (n *network) isPlain(host string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.plain[host]
}

func (n *network) setPlain(host string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.plain[host] = true
}

// once sends a request and watches its body.
func (n *network) once(req *http.Request, via route) (*http.Response, error) {
	transport, err := n.transport(req, via)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(req.Context())
	started := time.Now()
	response, err := transport.RoundTrip(req.WithContext(ctx))
	n.tell(req, response, err, time.Since(started))
	if err != nil {
		cancel(nil)
		return nil, err
	}
	if response.StatusCode == http.StatusProxyAuthRequired {
		p, _ := n.proxy()(req.URL)
		response.Body.Close()
		cancel(nil)
		if p == nil {
			return nil, fault.Errorf(fault.Network, "%s answered %s without being a proxy", req.URL.Host, statusText(response.StatusCode))
		}
		return nil, proxyRefuses(p.Host)
	}
	response.Body = watch(ctx, cancel, response.Body, n.options.Timeouts.Stall)
	return response, nil
}

// tell logs a request. Only the paths of the registry's own interface are shown: other servers may have secrets in theirs.
func (n *network) tell(req *http.Request, response *http.Response, err error, took time.Duration) {
	if !n.options.Log.Enabled(req.Context(), slog.LevelDebug) {
		return
	}
	where := req.URL.Scheme + "://" + req.URL.Host
	if strings.HasPrefix(req.URL.Path, "/v2/") {
		where += req.URL.EscapedPath()
	}
	result := slog.String("failed", "")
	if response != nil {
		result = slog.String("answered", statusText(response.StatusCode))
	} else if err != nil {
		result = slog.String("failed", explain(req.URL.Host, err, 1).Error())
	}
	n.options.Log.Debug(req.Method+" "+where, result, slog.Duration("after", took.Round(time.Millisecond)))
}

// transport finds or makes the transport of a route.
func (n *network) transport(req *http.Request, via route) (*http.Transport, error) {
	// A proxy resolves names itself: then the guard sees the proxy's address, which the user chose.
	if p, err := n.proxy()(req.URL); err != nil || p != nil {
		via.guard = open
	}
	n.mu.Lock()
	t := n.transports[via]
	n.mu.Unlock()
	if t != nil {
		return t, nil
	}
	config, err := n.roots.config(via)
	if err != nil {
		return nil, err
	}
	t = &http.Transport{
		Proxy:                  func(r *http.Request) (*url.URL, error) { return n.proxy()(r.URL) },
		OnProxyConnectResponse: proxyAnswer,
		DialContext:            n.dialer(via.guard),
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    n.options.Timeouts.Handshake,
		ResponseHeaderTimeout:  n.options.Timeouts.Header,
		MaxResponseHeaderBytes: headerLimit,
		MaxIdleConnsPerHost:    n.options.MaxPerRegistry,
		IdleConnTimeout:        90 * time.Second,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // sizes and ranges are those of the bytes sent
		// A connection that died unnoticed must not be used for the next try.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 10 * time.Second},
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if other := n.transports[via]; other != nil {
		return other, nil
	}
	n.transports[via] = t
	return t, nil
}

// dialer connects within the time for it, and not to what the guard refuses.
func (n *network) dialer(g guard) func(context.Context, string, string) (net.Conn, error) {
	if dial := n.options.Dial; dial != nil {
		return func(ctx context.Context, network, address string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, n.options.Timeouts.Dial)
			defer cancel()
			return dial(ctx, network, address)
		}
	}
	d := &net.Dialer{Timeout: n.options.Timeouts.Dial, KeepAlive: 15 * time.Second, ControlContext: g.control}
	return d.DialContext
}
