package registry

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/regclient/regclient/config"
	"github.com/regclient/regclient/scheme/reg"
	"github.com/regclient/regclient/types/ref"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
	"github.com/release-x/oc-release-x/pkg/payload/registry/auth"
)

// sessionKey identifies a session.
type sessionKey struct {
	registry, repository string
	insecure             bool
	push                 bool   // its tokens allow pushing
	mount                string // the repository that blobs are mounted from: its tokens allow pulling from there too
}

// session is one repository of one registry, with its credential and regclient's tokens.
type session struct {
	client     *Client
	registry   string // as references write it
	host       string // where it answers: another only for Docker Hub
	insecure   bool
	credential auth.Credential
	looked     []string // where the credential was looked for

	mu          sync.Mutex
	reg         *reg.Reg
	realms      map[string]bool // the token servers that were approved
	tokenStatus int             // what the token server answered last
	tokenHost   string
	active      int // requests under way; tokens ends with the last of them
	tokens      context.Context
	stopTokens  context.CancelFunc
}

// session finds or makes the session of a reference's repository.
func (c *Client) session(ctx context.Context, r ref.Ref, insecure, push bool, mount string) (*session, error) {
	insecure = insecure || c.insecure(r.Registry)
	key := sessionKey{r.Registry, r.Repository, insecure, push, mount}
	c.mu.Lock()
	s := c.sessions[key]
	c.mu.Unlock()
	if s != nil {
		return s, nil
	}
	found, err := c.credentials.For(ctx, oci.Repository{Host: r.Registry, Path: r.Repository})
	if err != nil {
		return nil, err
	}
	s = &session{
		client: c, registry: r.Registry, host: config.HostNewName(r.Registry).Hostname, insecure: insecure,
		credential: found, looked: c.credentials.Looked(), realms: map[string]bool{},
	}
	s.reg = s.newReg()
	c.mu.Lock()
	defer c.mu.Unlock()
	if other := c.sessions[key]; other != nil {
		return other, nil
	}
	c.sessions[key] = s
	return s, nil
}

// chains are the ways of requests under regclient: those to the registry and its storage, and those to its token servers. The
// first link is the outermost. Requests for tokens need no permit: they are made for a request that may hold the last one.
func (s *session) chains() (requests, tokens http.RoundTripper) {
	c := s.client
	wire := transport.Chain(
		c.base(s.route),
		c.plain.Link(func(host string) bool { return s.route(host).Insecure }),
		transport.Log(c.options.Log, func(u *url.URL) bool { return strings.HasPrefix(u.Path, "/v2/") }),
		transport.Stall(c.options.Timeouts.Stall),
	)
	requests = transport.Chain(wire,
		s.exchange,
		s.challenges,
		c.retry,
		s.uploads,
		c.limiter.Link,
		transport.Buffer(bufferManifests()),
		transport.Redirect(),
	)
	tokens = transport.Chain(wire,
		s.tokenServer,
		c.retry,
		transport.Buffer(transport.BufferOptions{Limit: func(*http.Request, int) int64 { return tokenLimit }}),
	)
	return requests, tokens
}

// bufferManifests has manifests read within a try, and counts their bytes.
func bufferManifests() transport.BufferOptions {
	return transport.BufferOptions{
		Limit: func(r *http.Request, status int) int64 {
			if r.Method == http.MethodGet && status == http.StatusOK && isManifest(r.URL) {
				return manifestLimit
			}
			return -1
		},
		Reader: func(r *http.Request, body io.Reader) io.Reader {
			if x := exchangeOf(r); x.meter != nil {
				return progress.Reader(x.meter, body)
			}
			return body
		},
	}
}

// take takes the permit for one call of this package, unless ctx holds one: for all its requests, those that
// follow a challenge or a redirect included.
func (s *session) take(ctx context.Context) (held context.Context, release func(), err error) {
	return s.client.limiter.Take(ctx, s.host)
}

// route decides how a host is reached: the registry as the user wants it, any other verified and not on this machine.
func (s *session) route(host string) transport.Route {
	if host == s.host {
		return transport.Route{Insecure: s.insecure}
	}
	return transport.Route{
		Insecure: s.client.insecure(host),
		Guard:    transport.GuardFor((&url.URL{Host: s.host}).Hostname()),
	}
}
