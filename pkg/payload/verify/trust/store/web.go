package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/openpgp"
)

// WebOptions say how HTTP servers are asked. The zero value uses no proxy and the system's CA certificates.
type WebOptions struct {
	Getenv    func(string) string // the environment, for proxies; nil is an empty one
	CAFile    string              // --certificate-authority: trusted beside the system's CA certificates
	UserAgent string

	Sleep func(context.Context, time.Duration) error // waits before a retry; nil is the clock
	// Dial connects in place of the network, for tests. The addresses that it connects to are not checked.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	certificates []byte // more CA certificates, PEM
}

// Web opens stores on HTTP servers. It sends no credentials and no cookies. It is safe for use by several goroutines, and
// contacts nothing before a store is asked.
type Web struct {
	options WebOptions
	network *transport.Network
	retry   transport.Link
}

// NewWeb makes a Web.
func NewWeb(o WebOptions) *Web {
	return &Web{
		options: o,
		network: transport.NewNetwork(transport.NetworkOptions{
			Getenv: o.Getenv, CAFile: o.CAFile, Certificates: o.certificates, Hint: tlsHint, DialContext: o.Dial,
		}),
		retry: transport.Retry(transport.RetryOptions{Clock: transport.Clock{Sleep: o.Sleep}}),
	}
}

// CheckFiles reads the file of CA certificates. A file that cannot be read or has none is fault.Local.
func (w *Web) CheckFiles() error { return w.network.CheckFiles() }

// Store opens the store at a URL that the user chose. An invalid URL is fault.Usage.
func (w *Web) Store(address string) (Store, error) {
	base, err := parseAddress(address)
	if err != nil {
		return nil, fault.Errorf(fault.Usage, "the store of signatures %q: %w", hideSecrets(address), err)
	}
	return w.server(base, transport.Open), nil
}

// UntrustedStore opens the store at a URL that a release names, perhaps to make this program ask what only this machine can
// reach. The URL has to be https, and neither it nor a redirect may lead to this machine or to a link-local address. Any
// other URL is fault.Network.
func (w *Web) UntrustedStore(address string) (Store, error) {
	base, err := parseAddress(address)
	switch {
	case err != nil:
	case base.Scheme != "https":
		err = errors.New("it is not https")
	case transport.Local.RefusesName(base.Hostname()):
		err = fmt.Errorf("it is %w", transport.ErrGuarded)
	}
	if err != nil {
		return nil, fault.Errorf(fault.Network, "the release's store of signatures %.200q is not asked: %w", hideSecrets(address), err)
	}
	return w.server(base, transport.Local), nil
}

func parseAddress(address string) (*url.URL, error) {
	base, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, errors.New("it is not a URL")
	case base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.Opaque != "":
		return nil, errors.New("want http://HOST/… or https://HOST/…")
	case base.User != nil:
		return nil, errors.New("no credentials are sent to a store")
	case base.RawQuery != "" || base.Fragment != "":
		return nil, errors.New("a store's URL has neither ? nor #")
	}
	return base, nil
}

// hideSecrets returns an address without its password and query.
func hideSecrets(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address[strings.LastIndex(address, "@")+1:]
	}
	if u.RawQuery != "" {
		u.RawQuery = "…"
	}
	return u.Redacted()
}

// server is a store on an HTTP server: STORE/sha256=HEX/signature-N, from 1 to the first that is missing.
type server struct {
	base      *url.URL
	userAgent string
	send      http.RoundTripper
}

// server makes the store at a URL; guard says which addresses its host may have.
func (w *Web) server(base *url.URL, guard transport.Guard) *server {
	const stall = 30 * time.Second
	route := func(host string) transport.Route {
		if host == base.Host {
			return transport.Route{Guard: guard}
		}
		return transport.Route{Guard: transport.GuardFor(base.Hostname())}
	}
	limit := func(_ *http.Request, status int) int64 {
		if status != http.StatusOK {
			return -1
		}
		return openpgp.MaxMessage
	}
	return &server{base: base, userAgent: w.options.UserAgent, send: transport.Chain(
		w.network.Via(route),
		w.retry, transport.Buffer(transport.BufferOptions{Limit: limit}), transport.Redirect(), transport.Stall(stall),
	)}
}

// String is the URL.
func (s *server) String() string { return s.base.String() }

// Signatures asks for signature-1 and so on. Any answer but a signature or 404 is an error, after which it asks for the next
// one, because that may be valid. It does not ask again a server that cannot be reached.
func (s *server) Signatures(ctx context.Context, d digest.Digest) iter.Seq2[Signature, error] {
	return func(yield func(Signature, error) bool) {
		for n := range maxSignatures {
			at := s.base.JoinPath(digestPath(d), fmt.Sprintf("signature-%d", n+1))
			data, err := s.get(ctx, at)
			if errors.Is(err, errMissing) {
				return
			}
			if !yield(Signature{Where: at.String(), Data: data}, err) {
				return
			}
			if _, answered := errors.AsType[*transport.StatusError](err); err != nil && !answered && fault.KindOf(err) != fault.Integrity {
				return
			}
		}
	}
}

var errMissing = errors.New("the store has no such signature")

func (s *server) get(ctx context.Context, at *url.URL) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", s.userAgent)
	defer progress.Begin(ctx, progress.Task{Verb: "looking for", What: "a signature", From: s.String()}).End()
	response, err := s.send.RoundTrip(request)
	if err != nil {
		if _, ok := errors.AsType[*transport.TooLargeError](err); ok {
			return nil, tooLong(at.String(), openpgp.MaxMessage)
		}
		return nil, fmt.Errorf("getting %s: %w", at, err)
	}
	defer transport.Discard(response)
	switch response.StatusCode {
	case http.StatusOK:
		return io.ReadAll(response.Body)
	case http.StatusNotFound:
		return nil, errMissing
	}
	// The error names the URL in place of the host.
	return nil, fault.Errorf(fault.Network, "%w", &transport.StatusError{Host: at.String(), Code: response.StatusCode})
}

// tlsHint says how to fix a failure of TLS.
func tlsHint(_ string, problem transport.TLSProblem) string {
	switch problem {
	case transport.UnknownAuthority, transport.BadCertificate:
		return "name a file with its CA certificate with --certificate-authority"
	case transport.WrongName:
		return "use the name that the certificate is for"
	case transport.Expired:
		return "renew the certificate, or set this machine's clock"
	case transport.TLSRefused:
		return "TLS 1.2 or newer is needed"
	default:
		return ""
	}
}
