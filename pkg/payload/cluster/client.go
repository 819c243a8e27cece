package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"k8s.io/client-go/rest"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

const (
	patience  = 30 * time.Second // for one request, when the configuration has no limit of its own
	tries     = 3
	longWait  = 10 * time.Second // what a server may ask for with Retry-After
	sizeLimit = 16 << 20         // bytes; an API server keeps no object of more than a few
)

// client sends requests to an API server.
type client struct {
	http    *http.Client
	base    *url.URL
	host    string // host[:port], for messages
	timeout time.Duration

	interactive bool // a program that gives credentials may talk to the user on the terminal
}

func newClient(config *rest.Config) (*client, error) {
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil || base.Host == "" {
		return nil, fault.Errorf(fault.Usage, "the kubeconfig names no valid server: want https://HOST:PORT")
	}
	base.User, base.RawQuery, base.Fragment = nil, "", ""
	timeout := config.Timeout
	if timeout <= 0 {
		timeout = patience
	}
	limited := rest.CopyConfig(config)
	limited.Timeout = 0 // get sets the limit, and says so in its error
	transport, err := rest.HTTPClientFor(limited)
	if err != nil {
		return nil, fault.Errorf(fault.Usage, "the kubeconfig for %s: %w", base.Host, err)
	}
	c := &client{base: base, host: base.Host, timeout: timeout, http: &http.Client{
		Transport: transport.Transport,
		// The credentials go with every request, so none is sent where an answer points to.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	c.interactive = config.ExecProvider != nil && config.ExecProvider.InteractiveMode != "Never"
	return c, nil
}

// answer is what a server sent.
type answer struct {
	status int
	header http.Header
	body   []byte
	err    error
}

// get reads an object, and tries again when the server is busy or breaks off.
func (c *client) get(ctx context.Context, o object) ([]byte, error) {
	task := progress.Task{Verb: "asking for", What: o.String(), From: "the cluster at " + c.host, Hidden: c.interactive}
	defer progress.Begin(ctx, task).End()
	for try := 1; ; try++ {
		a := c.ask(ctx, o)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if a.err == nil && a.status == http.StatusOK {
			return a.body, nil
		}
		if try == tries || !a.transient() {
			return nil, c.explain(o, a)
		}
		if err := transport.Wait(ctx, a.retryAfter(try)); err != nil {
			return nil, fmt.Errorf("waiting for the API server: %w", context.Cause(ctx))
		}
	}
}

// ask sends one request. It returns when ctx ends even if the transport does not: a program that a kubeconfig
// names to get credentials knows nothing of ctx.
func (c *client) ask(ctx context.Context, o object) answer {
	late := fault.WithHint(fault.Network, "--request-timeout sets how long to wait", "the API server %s does not answer within %s", c.host, c.timeout)
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, late)
	answers := make(chan answer, 1)
	go func() {
		defer cancel()
		answers <- c.send(ctx, o)
	}()
	select {
	case a := <-answers:
		if a.err != nil && errors.Is(context.Cause(ctx), late) {
			a.err = late
		}
		return a
	case <-ctx.Done():
		select {
		case a := <-answers: // it was the end of the request that ended ctx
			return a
		default:
			return answer{err: context.Cause(ctx)}
		}
	}
}

func (c *client) send(ctx context.Context, o object) answer {
	address := c.base.JoinPath(o.path())
	address.RawQuery = o.query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return answer{err: err}
	}
	request.Header.Set("Accept", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return answer{err: err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, sizeLimit+1))
	if err == nil && len(body) > sizeLimit {
		err = fault.Errorf(fault.Integrity, "the API server %s sends more than %d bytes as %s", c.host, sizeLimit, o)
	}
	return answer{status: response.StatusCode, header: response.Header, body: body, err: err}
}

// retryAfter is how long to wait before the next try.
func (a answer) retryAfter(try int) time.Duration {
	wait, ok := transport.RetryAfter(a.header, time.Now())
	if !ok {
		return transport.Backoff(try)
	}
	return min(wait, longWait)
}
