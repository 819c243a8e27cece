package registry

import (
	"context"
	"net/http"
	"net/url"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

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
	return "the proxy " + e.host + " answered " + statusText(e.status)
}
