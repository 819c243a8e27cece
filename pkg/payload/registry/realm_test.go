package registry_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/faultproxy"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
)

// challenged is a registry that wants a token from a realm.
func challenged(realm string) layer {
	return faults(faultproxy.Rule{Path: "/v2/", Fault: faultproxy.Status(401, http.Header{
		"Www-Authenticate": {`Bearer realm="` + realm + `",service="s"`},
	})})
}

func TestRealmsThatAreRefused(t *testing.T) {
	const refused = "HOST sends its clients to a token server that is refused: "
	tests := []struct{ name, realm, want string }{
		{"http", "http://127.0.0.1:1/token", refused + "http://127.0.0.1:1 is not encrypted"},
		{"foreign host", "https://tokens.example/t", refused + "tokens.example belongs to another domain; if it is right, add --allow-realm tokens.example"},
		{"foreign address", "https://192.0.2.7/t", refused + "192.0.2.7 belongs to another domain; if it is right, add --allow-realm 192.0.2.7"},
		{"link-local", "https://169.254.169.254/latest", refused + "169.254.169.254 is a loopback or link-local address"},
		{"IPv6 metadata", "https://[fd00:ec2::254]/latest", refused + "[fd00:ec2::254] is a loopback or link-local address"},
		{"user name", "https://u:p@127.0.0.1/t", refused + "there is a user name in its address"},
		{"another scheme", "ftp://127.0.0.1/t", refused + "ftp:// is no way to it"},
		{"no address", "https://%zz/", refused + "what it names is not an address"},
		{"bytes that no address has", "https://auth.example.com/token?a=\x96", refused + "what it names is not an address"},
		{"none", "", refused + "the challenge names none"},
		{"longer than any", "https://127.0.0.1/" + strings.Repeat("x", 5000), refused + "the challenge names none"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, newTLS, challenged(test.realm))
			c := registry.New(quick(registry.Options{CAFile: s.ca(t), AuthFile: authFile(t, s.host, "user", "secret")}))
			_, _, _, err := c.Manifest(t.Context(), orgR(s.host), "t")
			wantFault(t, err, fault.Auth, manifestError(s, test.want))
			wantRequests(t, s, "GET /v2/org/r/manifests/t")
		})
	}
}

func TestRedirectingRealm(t *testing.T) {
	thief := serve(t, newTLS, http.NotFoundHandler())
	s := start(t, newTLS, bearer("user:secret", "/token"), faults(faultproxy.Rule{Fault: faultproxy.Status(200, nil)}))
	redirecting := start(t, newTLS,
		faults(faultproxy.Rule{Path: "/token", Fault: faultproxy.Status(307, http.Header{"Location": {thief.URL + "/token"}})}),
		bearer("user:secret", "/token"))
	for _, entry := range []string{"user and password", "identity token"} {
		file := authFile(t, redirecting.host, "user", "secret")
		if entry == "identity token" {
			writeFile(t, file, `{"auths":{"`+redirecting.host+`":{"identitytoken":"secret"}}}`)
		}
		c := registry.New(quick(registry.Options{CAFile: s.ca(t), AuthFile: file}))
		_, _, _, err := c.Manifest(t.Context(), orgR(redirecting.host), "t")
		wantFault(t, err, fault.Auth, manifestError(redirecting, "the token server HOST of HOST redirects: credentials are not sent there"))
	}
	wantRequests(t, thief)
}

func TestRealmOnAnotherHost(t *testing.T) {
	// Servers of one test share a certificate, which is also for example.com and its subdomains.
	ts := &tokens{valid: map[string]bool{}}
	issuer := serve(t, newTLS, ts.layer("user:secret", "")(http.NotFoundHandler()))
	for _, test := range []struct {
		name, registry, realm string
		allow                 []string
		want                  string // "" is success
	}{
		{"same domain", "registry.example.com", "auth.example.com", nil, ""},
		{"another domain", "registry.example.com", "auth.example.org", nil, "registry.example.com sends its clients to a token server that is refused: auth.example.org belongs to another domain; if it is right, add --allow-realm auth.example.org"},
		{"a public suffix is no domain", "a.github.io", "b.github.io", nil, "a.github.io sends its clients to a token server that is refused: b.github.io belongs to another domain; if it is right, add --allow-realm b.github.io"},
		{"allowed", "registry.example.org", "auth.example.com", []string{"auth.example.com"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, newTLS, ts.layer("user:secret", "https://"+test.realm+"/token"))
			s.pushImage(t, "org/r", "t")
			o := quick(registry.Options{
				AuthFile: authFile(t, test.registry, "user", "secret"), AllowRealm: test.allow,
				Dial: names(map[string]*server{test.registry: s, test.realm: issuer}),
			})
			if test.registry == "registry.example.com" {
				o.CAFile = s.ca(t)
			} else {
				o.Insecure = []string{test.registry}
				o.CAFile = s.ca(t)
			}
			_, _, _, err := registry.New(o).Manifest(t.Context(), orgR(test.registry), "t")
			if test.want != "" {
				wantFault(t, err, fault.Auth, "getting "+test.registry+"/org/r:t: "+test.want)
				wantRequests(t, issuer)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wantRequests(t, issuer, "GET /token")
		})
	}
}

// TestAnonymousTokenOfAnotherDomain: without credentials there is nothing that a token server could learn. What
// protects this machine holds all the same.
func TestAnonymousTokenOfAnotherDomain(t *testing.T) {
	ts := &tokens{valid: map[string]bool{}}
	issuer := serve(t, newTLS, ts.layer("", "")(http.NotFoundHandler()))
	const refused = "registry.example.com sends its clients to a token server that is refused: "
	for _, test := range []struct{ name, realm, want string }{
		{"https", "https://auth.example.org/token", ""},
		{"http", "http://auth.example.org/token", refused + "http://auth.example.org is not encrypted"},
		{"this machine", "https://127.0.0.1/token", refused + "127.0.0.1 is a loopback or link-local address"},
		{"metadata", "https://169.254.169.254/token", refused + "169.254.169.254 is a loopback or link-local address"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, newTLS, ts.layer("", test.realm))
			s.pushImage(t, "org/r", "t")
			o := quick(registry.Options{CAFile: s.ca(t), Dial: names(map[string]*server{"registry.example.com": s, "auth.example.org": issuer})})
			o.Insecure = []string{"auth.example.org"} // the certificate of the test is for another name
			if test.name == "http" {
				o.Insecure = nil
			}
			// A credential for another registry is no reason to be careful.
			o.AuthFile = authFile(t, "other.example.com", "user", "secret")
			_, _, _, err := registry.New(o).Manifest(t.Context(), oci.SplitRepository("registry.example.com/org/r"), "t")
			if test.want != "" {
				wantFault(t, err, fault.Auth, "getting registry.example.com/org/r:t: "+test.want)
				wantRequests(t, issuer)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range issuer.headers {
				if h.Get("Authorization") != "" {
					t.Errorf("the token server was sent %q", h.Get("Authorization"))
				}
			}
			wantRequests(t, issuer, "GET /token")
		})
	}
}

func TestCredentialsStayWithTheirRegistry(t *testing.T) {
	// The second registry has no entry: it must not see the first one's credential in any form.
	first := start(t, newHTTP, basic("user", "secret"))
	first.pushImage(t, "org/r", "t")
	second := start(t, newHTTP, basic("user", "secret"))
	o := withFile(first, authFile(t, first.host, "user", "secret"))
	o.Insecure = append(o.Insecure, second.host)
	c := registry.New(o)
	if _, _, _, err := c.Manifest(t.Context(), orgR(first.host), "t"); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := c.Manifest(t.Context(), orgR(second.host), "t"); fault.KindOf(err) != fault.Auth {
		t.Errorf("got %v", err)
	}
	for _, h := range second.headers {
		if h.Get("Authorization") != "" {
			t.Errorf("the other registry was sent %q", h.Get("Authorization"))
		}
	}
}

func TestInsecureRealmOfAnInsecureHost(t *testing.T) {
	s := start(t, newHTTP)
	ts := &tokens{valid: map[string]bool{}}
	s2 := start(t, newHTTP, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ts.layer("user:secret", "http://"+r.Host+"/token")(next).ServeHTTP(w, r)
		})
	})
	s2.pushImage(t, "org/r", "t")
	if _, _, _, err := registry.New(withFile(s2, authFile(t, s2.host, "user", "secret"))).Manifest(t.Context(), orgR(s2.host), "t"); err != nil {
		t.Error(err)
	}
	wantRequests(t, s)
}

func TestRealmThatStandsForThisMachine(t *testing.T) {
	system := net.DefaultResolver
	t.Cleanup(func() { net.DefaultResolver = system })
	net.DefaultResolver = fakeDNS(t, map[string]string{"registry.example.com.": "192.0.2.1", "auth.example.com.": "127.0.0.1"})
	s := start(t, newTLS, challenged("https://auth.example.com/token"))
	c := registry.New(quick(registry.Options{
		CAFile: s.ca(t), AuthFile: authFile(t, "registry.example.com", "user", "secret"),
		Dial: names(map[string]*server{"registry.example.com": s, "auth.example.com": s}),
	}))
	_, _, _, err := c.Manifest(t.Context(), oci.SplitRepository("registry.example.com/org/r"), "t")
	wantFault(t, err, fault.Auth, "getting registry.example.com/org/r:t: registry.example.com sends its clients to a token server that is refused: a loopback or link-local address")
	wantRequests(t, s, "GET /v2/org/r/manifests/t")
}

func TestChallengesThatNeverEnd(t *testing.T) {
	n := 0
	ts := &tokens{valid: map[string]bool{}}
	s := start(t, newTLS, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/token" {
				ts.give(w, r, "")
				return
			}
			n++
			w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="/token",scope="repository:org/r%d:pull"`, n))
			w.WriteHeader(http.StatusUnauthorized)
		})
	})
	file := authFile(t, s.host, "user", "secret")
	c := registry.New(quick(registry.Options{CAFile: s.ca(t), AuthFile: file}))
	_, _, _, err := c.Manifest(t.Context(), orgR(s.host), "t")
	wantFault(t, err, fault.Auth, manifestError(s, "HOST refuses the entry HOST of "+file+" (401); log in again, or name a file with --authfile"))
	wantRequests(t, s, "GET /v2/org/r/manifests/t", "GET /token", "GET /v2/org/r/manifests/t")
}
