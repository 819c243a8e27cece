// Package registry reads repositories of registries as they are: with credentials, mirrors, private CA certificates, proxies,
// token servers, slow links and servers that break off. It alone knows regclient's client.
//
// A Source asks the places of a repository one after the other, its mirrors first. Each place has a session: a credential and
// the tokens that came of it. regclient speaks the protocol: paths, challenges, tokens; regclient.go says what it does not do
// right and how that is worked around. Above it, transport.Resume mends broken blobs; below it lies the chain of round
// trippers in session.go, which decides what may be contacted and sent.
package registry

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/opencontainers/go-digest"
	"github.com/regclient/regclient/config"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/registry/auth"
	"github.com/release-x/oc-release-x/pkg/payload/registry/mirrors"
)

// Client reads registries. It is safe for use by several goroutines.
type Client struct {
	options     Options
	network     *transport.Network
	base        func(route func(host string) transport.Route) http.RoundTripper // network.Via, except in tests
	plain       transport.Plain                                                 // which insecure hosts do not speak TLS
	retry       transport.Link                                                  // one for all sessions: it knows which hosts are busy
	limiter     *transport.Limiter                                              // of the requests to each registry
	credentials *auth.Resolver
	rules       func() (*mirrors.Rules, error)

	mu       sync.Mutex
	sessions map[sessionKey]*session
	down     map[string]bool                  // hosts that could not be reached: asked last from then on
	tagged   map[oci.Repository]mirrors.Place // by repository: the mirror that knew its tag
}

// New makes a client. Nothing is read, parsed or contacted before the first request.
func New(o Options) *Client {
	o = o.withDefaults()
	network := transport.NewNetwork(transport.NetworkOptions{
		Getenv: o.Getenv, CAFile: o.CAFile, CertDirs: o.CertDirs, Hint: tlsHint,
		Dial: o.Timeouts.Dial, Handshake: o.Timeouts.Handshake, Header: o.Timeouts.Header,
		IdlePerHost: o.MaxPerRegistry, DialContext: o.Dial,
	})
	return &Client{
		options: o,
		network: network,
		base:    network.Via,
		retry:   transport.Retry(transport.RetryOptions{Repeatable: repeatable, Log: o.Log, Clock: o.clock()}),
		limiter: transport.NewLimiter(transport.LimiterOptions{Most: o.MaxPerRegistry, After: o.after()}),
		credentials: auth.New(auth.Options{
			File: o.AuthFile, Content: o.PullSecret, Getenv: o.Getenv, Home: o.Home, UID: o.UID,
			Warnf: warner(o.Log),
		}),
		rules:    sync.OnceValues(func() (*mirrors.Rules, error) { return mirrors.Load(o.Mirrors, warner(o.Log)) }),
		sessions: map[sessionKey]*session{},
		down:     map[string]bool{},
		tagged:   map[oci.Repository]mirrors.Place{},
	}
}

// CheckFiles reads the files that the options name (credentials, CA certificates, mirrors), so that a file that is missing
// or is not what its option says is found before anything is requested. Files that no option names are not looked at.
func (c *Client) CheckFiles(ctx context.Context) error {
	if _, err := c.rules(); err != nil {
		return err
	}
	if err := c.network.CheckFiles(); err != nil {
		return err
	}
	if c.options.AuthFile == "" {
		return nil
	}
	if err := c.credentials.Check(ctx); err != nil {
		return fmt.Errorf("%s: %w", cmp.Or(c.options.AuthFlag, "--authfile"), err)
	}
	return nil
}

// Mirrors returns the rules of the files with mirrors that the options name.
func (c *Client) Mirrors() (*mirrors.Rules, error) { return c.rules() }

// The methods below are those of a Source, for callers that ask many repositories.

// Manifest is Source.Manifest.
func (c *Client) Manifest(ctx context.Context, repository oci.Repository, tagOrDigest string) (body []byte, mediaType, declared string, err error) {
	return c.Source(repository).Manifest(ctx, tagOrDigest)
}

// Blob is Source.Blob.
func (c *Client) Blob(ctx context.Context, repository oci.Repository, d digest.Digest, size, from int64) (io.ReadCloser, error) {
	return c.Source(repository).Blob(ctx, d, size, from)
}

// Head is Source.Head.
func (c *Client) Head(ctx context.Context, repository oci.Repository, tagOrDigest string) (declared string, err error) {
	return c.Source(repository).Head(ctx, tagOrDigest)
}

// HeadBlob is Source.Exists.
func (c *Client) HeadBlob(ctx context.Context, repository oci.Repository, d digest.Digest) (size int64, err error) {
	return c.Source(repository).Exists(ctx, d)
}

// insecure reports whether the user named this very host[:port] as one that need not be verified.
func (c *Client) insecure(host string) bool {
	return slices.ContainsFunc(c.options.Insecure, func(named string) bool { return strings.EqualFold(named, host) })
}

// Take takes a permit of each repository's registry at once, for what reads from one while it writes to another: with the context
// held, their requests need none of their own. A repository that is given twice, or two of one registry, take two permits, or the only one of
// a registry that can take no more than one request. Take waits for all of them together and so cannot block others that do the same; waiting
// for a second permit while holding one can, as an upload does that opens a blob of its own registry. release gives them
// back. The error is that of ctx.
func (c *Client) Take(ctx context.Context, repositories ...oci.Repository) (held context.Context, release func(), err error) {
	hosts := make([]string, len(repositories))
	for i, r := range repositories {
		hosts[i] = config.HostNewName(r.Host).Hostname
	}
	return c.limiter.Take(ctx, hosts...)
}

// warner writes warnings to a log.
func warner(log *slog.Logger) func(string, ...any) {
	return func(format string, args ...any) { log.Warn(fmt.Sprintf(format, args...)) }
}
