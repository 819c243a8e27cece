package registry

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/regclient/regclient/config"
	"github.com/regclient/regclient/scheme/reg"
	"github.com/regclient/regclient/types/descriptor"
	"github.com/regclient/regclient/types/ref"

	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
	"github.com/release-x/oc-release-x/pkg/payload/registry/auth"
)

// sessionKey names what has credentials and tokens of its own.
type sessionKey struct {
	registry, repository string
	insecure             bool
}

// session is one repository of one registry: the credential that is right for it, and regclient's tokens.
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
	active      int // requests under way, whose end also ends the asking for tokens
	tokens      context.Context
	stopTokens  context.CancelFunc
}

// session finds or makes the session of a reference's repository.
func (c *Client) session(ctx context.Context, r ref.Ref, insecure bool) (*session, error) {
	insecure = insecure || c.insecure(r.Registry)
	key := sessionKey{r.Registry, r.Repository, insecure}
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

// insecure says whether the user named this very host[:port].
func (c *Client) insecure(host string) bool {
	return slices.ContainsFunc(c.options.Insecure, func(named string) bool { return strings.EqualFold(named, host) })
}

// newReg makes regclient's view of the registry. The scheme, the retries and the limits are this package's, so
// regclient is left with one more request for a challenge, and with delays that nobody notices.
func (s *session) newReg() *reg.Reg {
	host := config.HostNewName(s.registry)
	host.ReqConcurrent = 0
	if s.credential.IdentityToken != "" {
		host.Token = s.credential.IdentityToken
	} else {
		host.User, host.Pass = s.credential.Username, s.credential.Password
	}
	return reg.New(
		reg.WithConfigHosts([]*config.Host{host}),
		reg.WithHTTPClient(&http.Client{Transport: stack{s}}),
		reg.WithUserAgent(s.client.options.UserAgent),
		reg.WithRetryLimit(1),
		reg.WithDelay(time.Millisecond, time.Millisecond),
	)
}

// manifest gets a manifest. What regclient thinks of the document is not asked: the caller judges the bytes.
func (s *session) manifest(ctx context.Context, r ref.Ref) (*call, error) {
	release, err := s.client.slot(ctx, s.registry)
	if err != nil {
		return nil, err
	}
	defer release()
	meter := progress.Begin(ctx, s.task(r, "", manifestName(r)))
	defer meter.End()
	return s.do(ctx, r, call{kind: manifestCall, meter: meter}, func(ctx context.Context, r ref.Ref, from *reg.Reg) (*http.Response, func() error, error) {
		_, err := from.ManifestGet(ctx, r)
		return nil, nil, err
	})
}

// open gets a blob from a byte on.
func (s *session) open(ctx context.Context, r ref.Ref, want call) (*call, error) {
	return s.do(ctx, r, want, func(ctx context.Context, r ref.Ref, from *reg.Reg) (*http.Response, func() error, error) {
		// Without a size, and read below regclient's reader: size and digest are for the caller to check.
		b, err := from.BlobGet(ctx, r, descriptor.Descriptor{Digest: digestOf(r)})
		if err != nil {
			return nil, nil, err
		}
		return b.Response(), b.Close, nil
	})
}

type getter func(ctx context.Context, r ref.Ref, from *reg.Reg) (*http.Response, func() error, error)

// do sends one request through regclient. When a registry no longer takes a token or a password that it took
// before, everything that was agreed with it is forgotten and the request sent once more.
func (s *session) do(ctx context.Context, r ref.Ref, want call, get getter) (*call, error) {
	defer s.begin(ctx)()
	from := s.current()
	for again := false; ; again = true {
		k := want
		response, closeBody, err := get(context.WithValue(ctx, callKey{}, &k), r, from)
		if err != nil && !again && k.stale() {
			from = s.renew(from)
			continue
		}
		if err != nil && !k.done {
			return nil, s.explain(ctx, r, &k, err)
		}
		if response != nil {
			k.stream, k.closeStream, k.length = response.Body, closeBody, response.ContentLength
		}
		return &k, nil
	}
}

func (s *session) current() *reg.Reg {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reg
}

// renew replaces the view that failed, unless another request did so already.
func (s *session) renew(failed *reg.Reg) *reg.Reg {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reg == failed {
		s.reg = s.newReg()
	}
	return s.reg
}

// begin counts a request until it is over or its context ends: regclient asks for tokens without that context.
func (s *session) begin(ctx context.Context) (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active == 0 {
		s.tokens, s.stopTokens = context.WithCancel(context.Background())
	}
	s.active++
	once := sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.active--
		if s.active == 0 {
			s.stopTokens()
		}
	})
	stop := context.AfterFunc(ctx, once)
	return func() {
		stop()
		once()
	}
}

// tokenContext ends with the last request that may want the token.
func (s *session) tokenContext() context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens
}
