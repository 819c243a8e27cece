package transport

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// headerLimit bounds a response's header: signed addresses of storage take a few kilobytes.
const headerLimit = 128 << 10

// NetworkOptions say how hosts are connected to. Of the zero value, only Hint has to be set where hosts are verified.
type NetworkOptions struct {
	Getenv   func(string) string // the environment, for proxies; nil is an empty one
	CAFile   string              // --certificate-authority: trusted beside the system's
	CertDirs []string            // directories of host[:port] directories, as docker and podman have them
	// Certificates are more CA certificates that are trusted beside the system's, PEM.
	Certificates []byte

	Hint func(host string, p TLSProblem) string // what fixes a failure of TLS, "" for nothing; nil is no hint

	Dial, Handshake time.Duration // how long a connection and TLS may take; 0 is 10 s
	Header          time.Duration // how long a server may take to begin its answer; 0 is 30 s
	IdlePerHost     int           // connections that are kept for the next request; 0 is 2

	DialContext func(ctx context.Context, network, address string) (net.Conn, error) // nil is the system's; another one judges addresses itself
}

// Route is how a host is reached.
type Route struct {
	Insecure bool  // its certificate is not verified
	Guard    Guard // which addresses it may not have
}

// Network holds connections. Every way to a host has a transport of its own, so that what holds for one host never holds for
// another. It is safe for use by several goroutines; nothing is read or contacted before the first request.
type Network struct {
	options NetworkOptions
	proxy   func() func(*url.URL) (*url.URL, error)
	roots   *roots

	mu         sync.Mutex
	transports map[hostRoute]*http.Transport
}

type hostRoute struct {
	host string
	Route
}

// NewNetwork makes a network without connections.
func NewNetwork(o NetworkOptions) *Network {
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	if o.Hint == nil {
		o.Hint = func(string, TLSProblem) string { return "" }
	}
	for field, value := range map[*time.Duration]time.Duration{&o.Dial: 10 * time.Second, &o.Handshake: 10 * time.Second, &o.Header: 30 * time.Second} {
		if *field <= 0 {
			*field = value
		}
	}
	return &Network{
		options:    o,
		proxy:      sync.OnceValue(func() func(*url.URL) (*url.URL, error) { return proxyConfig(o.Getenv).ProxyFunc() }),
		roots:      newRoots(o.CAFile, o.CertDirs, o.Certificates),
		transports: map[hostRoute]*http.Transport{},
	}
}

// CheckFiles reads the file of CA certificates. A file that cannot be read or has none is fault.Local.
func (n *Network) CheckFiles() error {
	_, err := n.roots.own()
	return err
}

// Via reaches hosts, host[:port], by the route for each. It is the base of a chain. Failures of TLS and of proxies that ask for
// other credentials are explained, see Explain; others come as net/http gives them.
func (n *Network) Via(route func(host string) Route) http.RoundTripper {
	return Func(func(request *http.Request) (*http.Response, error) { return n.send(request, route(request.URL.Host)) })
}

func (n *Network) send(request *http.Request, via Route) (*http.Response, error) {
	host := request.URL.Host
	proxy, proxyErr := n.proxy()(request.URL)
	if proxyErr != nil || proxy != nil {
		// A proxy resolves names itself, so the guard would see the proxy's address, which the user chose.
		via.Guard = Open
	}
	transport, err := n.transport(hostRoute{host, via})
	if err != nil {
		return nil, err
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return nil, explainTLS(host, err, n.options.Hint)
	}
	if response.StatusCode == http.StatusProxyAuthRequired {
		response.Body.Close()
		if proxy == nil {
			return nil, fault.Errorf(fault.Network, "%s answered %s without being a proxy", host, StatusText(response.StatusCode))
		}
		return nil, proxyRefuses(proxy.Host)
	}
	return response, nil
}

// transport finds or makes the transport of a route.
func (n *Network) transport(via hostRoute) (*http.Transport, error) {
	n.mu.Lock()
	t := n.transports[via]
	n.mu.Unlock()
	if t != nil {
		return t, nil
	}
	config, err := n.roots.config(via.host, via.Insecure)
	if err != nil {
		return nil, err
	}
	t = &http.Transport{
		Proxy:                  func(r *http.Request) (*url.URL, error) { return n.proxy()(r.URL) },
		OnProxyConnectResponse: proxyAnswer,
		DialContext:            n.dialer(via.Guard),
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    n.options.Handshake,
		ResponseHeaderTimeout:  n.options.Header,
		MaxResponseHeaderBytes: headerLimit,
		MaxIdleConnsPerHost:    n.options.IdlePerHost,
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
func (n *Network) dialer(g Guard) func(context.Context, string, string) (net.Conn, error) {
	if dial := n.options.DialContext; dial != nil {
		return func(ctx context.Context, network, address string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, n.options.Dial)
			defer cancel()
			return dial(ctx, network, address)
		}
	}
	d := &net.Dialer{Timeout: n.options.Dial, KeepAlive: 15 * time.Second, ControlContext: g.control}
	return d.DialContext
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

// proxyAnswer judges what a proxy answers to CONNECT. The proxy is named without the user and password of its address.
func proxyAnswer(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	switch answer.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusProxyAuthRequired:
		return proxyRefuses(proxy.Host)
	}
	return &proxyError{proxy.Host, answer.StatusCode}
}

func proxyRefuses(host string) error {
	return fault.Errorf(fault.Network, "the proxy %s requires other credentials (407): put them into the URL in HTTPS_PROXY", host)
}

// proxyError is a proxy that could not connect; some of its reasons pass.
type proxyError struct {
	host   string
	status int
}

func (e *proxyError) Error() string {
	return "the proxy " + e.host + " answered " + StatusText(e.status)
}
