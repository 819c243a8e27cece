package registry

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"sync"
)

// Proxy is the choice of proxy that an environment makes, for other servers than registries; nothing of it is read
// before the first request.
func Proxy(getenv func(string) string) func(*http.Request) (*url.URL, error) {
	choose := sync.OnceValue(func() func(*url.URL) (*url.URL, error) { return proxyConfig(getenv).ProxyFunc() })
	return func(r *http.Request) (*url.URL, error) { return choose()(r.URL) }
}

// TLS are the settings for other servers than registries: the system's authorities, and those of a file unless it is
// "". A file that cannot be read is fault.Local.
func TLS(caFile string) (*tls.Config, error) {
	return newRoots(Options{CAFile: caFile}).config(route{})
}
