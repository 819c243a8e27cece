package registry

import (
	"net/url"
	"testing"
)

// newTestSession is a session of a registry that nothing is sent to.
func newTestSession(host string) *session {
	return &session{client: New(Options{}), registry: host, host: host, realms: map[string]bool{}}
}

func baseURL(host string) *url.URL {
	return &url.URL{Scheme: "https", Host: host, Path: "/v2/a/manifests/t"}
}

func mustParse(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestSameDomain(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"registry-1.docker.io", "auth.docker.io", true},
		{"quay.io", "quay.io", true},
		{"registry.connect.redhat.com", "sso.redhat.com", true},
		{"registry.gitlab.com", "gitlab.com", true},
		{"quay.io", "quay.io.evil.example", false},
		{"quay.io", "evilquay.io", false},
		{"a.co.uk", "b.co.uk", false},
		{"a.github.io", "b.github.io", false},
		{"registry", "registry", true},
		{"registry", "auth", false},
		{"Registry.Example.COM.", "auth.example.com", true},
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"1.2.3.4", "9.2.3.4", false},
		{"::1", "::1", true},
		{"com", "example.com", false},
	} {
		if got := sameDomain(test.a, test.b); got != test.want {
			t.Errorf("%s and %s: got %v", test.a, test.b, got)
		}
	}
}
