package store

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/release-x/oc-release-x/internal/transport"
)

// redirects is how many redirects one request may take.
const redirects = 5

// WebOptions say how HTTP stores are asked. The zero value asks directly, verifies with the system's authorities and tries four times.
type WebOptions struct {
	Proxy     func(*http.Request) (*url.URL, error) // nil: none
	TLS       *tls.Config                           // nil: the system's
	UserAgent string
	Tries     int           // 0: four
	Pause     time.Duration // before the second try, doubled before each further one; 0: 200 ms
	Timeout   time.Duration // of one request with its body; 0: 30 s

	// Dial connects in place of a network, for tests; names are judged then, addresses are not.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Web asks HTTP stores: without credentials, cookies or compression, with bounded redirects. It is safe for use by several
// goroutines, and opens nothing before a store is asked.
type Web struct {
	options WebOptions
	open    func() *http.Transport // to what the user named, and to proxies
	guarded func() *http.Transport // to everything else
}

// NewWeb makes one.
func NewWeb(o WebOptions) *Web {
	if o.Tries == 0 {
		o.Tries = 4
	}
	if o.Pause == 0 {
		o.Pause = 200 * time.Millisecond
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	return &Web{
		options: o,
		open:    sync.OnceValue(func() *http.Transport { return newTransport(o, false) }),
		guarded: sync.OnceValue(func() *http.Transport { return newTransport(o, true) }),
	}
}

func newTransport(o WebOptions, guarded bool) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	if guarded {
		dialer.ControlContext = guard
	}
	t := &http.Transport{
		Proxy: o.Proxy, DialContext: dialer.DialContext, TLSHandshakeTimeout: 10 * time.Second,
		ForceAttemptHTTP2: true, DisableCompression: true, MaxResponseHeaderBytes: 128 << 10, IdleConnTimeout: 30 * time.Second,
	}
	if o.Dial != nil {
		t.DialContext = o.Dial
	}
	if o.TLS != nil {
		t.TLSClientConfig = o.TLS.Clone()
	}
	return t
}

// client asks one store. trusted is the host that the user named, empty when it was somebody else.
func (w *Web) client(trusted string) *http.Client {
	return &http.Client{
		Timeout:   w.options.Timeout,
		Transport: &router{web: w, trusted: trusted},
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			last := via[len(via)-1]
			switch {
			case len(via) > redirects:
				return fmt.Errorf("%w more than %d times", errRedirect, redirects)
			case next.URL.User != nil:
				return fmt.Errorf("%w to an address with a user name in it", errRedirect)
			case next.URL.Scheme != "https" && (next.URL.Scheme != "http" || last.URL.Scheme == "https"):
				return fmt.Errorf("%w to %s://%s, which is not encrypted", errRedirect, next.URL.Scheme, next.URL.Host)
			case next.URL.Host != trusted && isLocalName(next.URL.Hostname()):
				return fmt.Errorf("%w to %s: %w", errRedirect, next.URL.Host, errLocal)
			}
			next.Header.Del("Referer")
			return nil
		},
	}
}

// router sends a request the way that its host allows.
type router struct {
	web     *Web
	trusted string
}

// RoundTrip makes one request. A proxy resolves names itself, so a guard would only see the proxy, which the user chose.
func (r *router) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.Host == r.trusted {
		return r.web.open().RoundTrip(request)
	}
	if proxy := r.web.options.Proxy; proxy != nil {
		if through, err := proxy(request); err == nil && through != nil {
			return r.web.open().RoundTrip(request)
		}
	}
	return r.web.guarded().RoundTrip(request)
}

var (
	errLocal    = errors.New("it is a loopback or link-local address")
	errRedirect = errors.New("it redirects")
)

// guard refuses a connection by its address, after names were looked up.
func guard(_ context.Context, _, address string, _ syscall.RawConn) error {
	if a, err := netip.ParseAddrPort(address); err == nil && isLocal(a.Addr()) {
		return errLocal
	}
	return nil
}

func isLocalName(host string) bool {
	ip, err := netip.ParseAddr(strings.TrimSuffix(host, "."))
	return transport.IsLoopbackName(host) || err == nil && isLocal(ip)
}

// isLocal is this machine, its link, or where a cloud keeps its metadata on IPv6.
func isLocal(ip netip.Addr) bool {
	return transport.Local.Refuses(ip)
}

// transient says whether another try may go better.
func transient(err error) bool {
	if s, ok := errors.AsType[*statusError](err); ok {
		return transport.IsTransientStatus(s.status)
	}
	if errors.Is(err, errLocal) || errors.Is(err, errRedirect) || errors.Is(err, context.Canceled) {
		return false
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return !dns.IsNotFound
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return false
	}
	return true
}

// pause waits before the next try, as long as the server wants; false when that is too long, or ctx ends.
func (w *Web) pause(ctx context.Context, try int, wanted time.Duration) bool {
	if wanted > transport.MaxWait {
		return false
	}
	wait := max(w.options.Pause<<(try-1), wanted)
	return transport.Wait(ctx, wait) == nil
}
