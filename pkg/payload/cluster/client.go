package cluster

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"k8s.io/client-go/rest"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

const (
	defaultTimeout = 30 * time.Second // of one request
	sizeLimit      = 16 << 20         // bytes; an API server keeps no object of more than a few
)

// client sends requests to an API server.
type client struct {
	base        *url.URL
	host        string // host[:port], for messages
	timeout     time.Duration
	send        http.RoundTripper
	interactive bool // a program that gets credentials may ask the user on the terminal
}

func newClient(config *rest.Config) (*client, error) {
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil || base.Host == "" {
		return nil, fault.Errorf(fault.Usage, "the kubeconfig names no valid server: want https://HOST:PORT")
	}
	base.User, base.RawQuery, base.Fragment = nil, "", ""
	c := &client{base: base, host: base.Host, timeout: config.Timeout}
	if c.timeout <= 0 {
		c.timeout = defaultTimeout
	}
	c.interactive = config.ExecProvider != nil && config.ExecProvider.InteractiveMode != "Never"
	unlimited := rest.CopyConfig(config)
	unlimited.Timeout = 0 // limitTime does it, with a better error
	network, err := rest.TransportFor(unlimited)
	if err != nil {
		return nil, fault.Errorf(fault.Usage, "the kubeconfig for %s: %w", base.Host, err)
	}
	limit := func(*http.Request, int) int64 { return sizeLimit }
	// There is no link that follows redirects: client-go's round tripper would send the credentials along.
	c.send = transport.Chain(network,
		transport.Retry(transport.RetryOptions{}), c.explainFailures, c.limitTime, transport.Buffer(transport.BufferOptions{Limit: limit}))
	return c, nil
}

// get reads an object or a list.
func (c *client) get(ctx context.Context, o object) ([]byte, error) {
	task := progress.Task{Verb: "asking for", What: o.String(), From: "the cluster at " + c.host, Hidden: c.interactive}
	defer progress.Begin(ctx, task).End()
	address := c.base.JoinPath(o.path())
	address.RawQuery = o.query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, fault.Errorf(fault.Internal, "asking for %s: %w", o, err)
	}
	request.Header.Set("Accept", "application/json")
	response, err := c.send.RoundTrip(request)
	if _, ok := errors.AsType[*transport.TooLargeError](err); ok {
		return nil, fault.Errorf(fault.Integrity, "the API server %s sends more than %d bytes as %s", c.host, sizeLimit, o)
	}
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case strings.HasPrefix(err.Error(), c.host): // as the errors of transport.Retry begin
		return nil, fmt.Errorf("the API server %w", err)
	default:
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fault.Errorf(fault.Network, "reading %s from the API server %s: %w", o, c.host, err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, c.explainStatus(o, response.StatusCode, body)
	}
	return body, nil
}

// limitTime is a link that limits the time of a try. It returns then even if the next round tripper does not: a program that
// a kubeconfig names to get credentials does not know the context.
func (c *client) limitTime(next http.RoundTripper) http.RoundTripper {
	type answer struct {
		response *http.Response
		err      error
	}
	return transport.Func(func(request *http.Request) (*http.Response, error) {
		late := fault.WithHint(fault.Network, "--request-timeout sets how long to wait", "the API server %s does not answer within %s", c.host, c.timeout)
		// A deadline would reach the dialer, whose error may come before the context has ended.
		ctx, cancel := context.WithCancelCause(request.Context())
		defer time.AfterFunc(c.timeout, func() { cancel(late) }).Stop()
		answers := make(chan answer, 1)
		go func() {
			response, err := next.RoundTrip(request.WithContext(ctx))
			answers <- answer{response, err}
		}()
		defer cancel(nil) // the body was read before the answer came
		select {
		case a := <-answers:
			if a.err != nil && ctx.Err() != nil {
				a.err = context.Cause(ctx)
			}
			return a.response, a.err
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	})
}

// explainFailures is a link that explains failures which another try would not change. It is below Retry, which sends a request
// again only after errors without a kind.
func (c *client) explainFailures(next http.RoundTripper) http.RoundTripper {
	return transport.Func(func(request *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(request)
		if err != nil {
			return nil, c.explainFailure(err)
		}
		return response, nil
	})
}

func (c *client) explainFailure(err error) error {
	text := err.Error()
	if _, reason, ok := strings.Cut(text, "getting credentials: "); ok {
		return fault.Errorf(fault.Auth, "no credentials for the API server %s: %s", c.host, reason)
	}
	// The answer of a token provider may hold secrets.
	if before, _, ok := strings.Cut(text, "Response:"); ok || strings.Contains(text, "oauth2: ") {
		return fault.Errorf(fault.Auth, "no credentials for the API server %s: %s", c.host, strings.TrimSpace(before))
	}
	if strings.Contains(text, "remote error: tls: ") {
		return fault.Errorf(fault.Auth, "the API server %s does not accept the client certificate: %w", c.host, err)
	}
	problem := transport.TLSProblemOf(err)
	if problem == transport.NotTLS {
		return fault.Errorf(fault.Network, "the server %s does not speak TLS: it is not an API server", c.host)
	}
	if hint := certificateHint(problem); hint != "" {
		if verification, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
			err = verification.Err
		}
		return fault.WithHint(fault.Network, hint, "the certificate of the API server %s is not trusted: %w", c.host, err)
	}
	// Many kubeconfigs name a cluster that was stopped, and commands go on without it: trying again would only delay them.
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fault.Errorf(fault.Network, "the API server %s cannot be reached: %w", c.host, err)
	}
	return err
}

// certificateHint says how to fix a certificate that is not trusted; it is empty for other problems.
func certificateHint(problem transport.TLSProblem) string {
	switch problem {
	case transport.UnknownAuthority, transport.BadCertificate:
		return "the kubeconfig's certificate-authority must be the one that signed it"
	case transport.WrongName:
		return "--tls-server-name gives the name that it is for"
	case transport.Expired:
		return "renew it, or set this machine's clock"
	default:
		return ""
	}
}

// explainStatus returns the error for a status that is not 200.
func (c *client) explainStatus(o object, status int, body []byte) error {
	switch {
	case status == http.StatusUnauthorized:
		return fault.Errorf(fault.Auth, "the API server %s does not accept the credentials: log in again, or give --token", c.host)
	case status == http.StatusForbidden:
		return c.explainForbidden(o, body)
	case status == http.StatusNotFound:
		return fault.Errorf(fault.NotFound, "the cluster at %s has no %s", c.host, o)
	case status/100 == 3:
		return fault.Errorf(fault.Network, "the server %s redirects to another address: it is not an API server", c.host)
	}
	return fault.Errorf(fault.Network, "the API server %w", &transport.StatusError{Host: c.host, Code: status})
}

// explainForbidden says which permission which user lacks. Of the server's message it uses only the name of the user.
func (c *client) explainForbidden(o object, body []byte) error {
	var status struct {
		Message string `json:"message"`
	}
	_ = json.Unmarshal(body, &status) // another body names no user
	_, after, _ := strings.Cut(status.Message, `User "`)
	user, _, _ := strings.Cut(after, `"`)
	scope := "in the cluster"
	if o.namespace != "" {
		scope = "in the namespace " + o.namespace
	}
	switch user {
	case "system:anonymous":
		return fault.Errorf(fault.Auth, "the API server %s was asked without credentials: log in, or give --token", c.host)
	case "":
		user = "the user"
	default:
		user = "the user " + strings.ToValidUTF8(user[:min(len(user), 100)], "?")
	}
	return fault.Errorf(fault.Auth, "the API server %s refuses %s: %s lacks the permission to get %s %s", c.host, o, user, o.resource(), scope)
}
