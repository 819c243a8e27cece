package cluster_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/release-x/oc-release-x/internal/testcluster"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

func TestRefusals(t *testing.T) {
	s := testcluster.New(t).Forbid(testcluster.ClusterVersion, testcluster.PullSecret)
	version := func(token string) error {
		_, err := newCluster(config(s, token)).Version(t.Context())
		return err
	}
	wantError(t, version("sha256~canary-expired"), fault.Auth, "the API server "+s.Host()+" does not accept the credentials: log in again, or give --token")
	wantError(t, version(""), fault.Auth, "the API server "+s.Host()+" was asked without credentials: log in, or give --token")
	wantError(t, version(testcluster.Token), fault.Auth, "the API server "+s.Host()+
		" refuses clusterversions.config.openshift.io/version: the user viewer lacks the permission to get clusterversions.config.openshift.io in the cluster")
	_, _, err := connected(s).PullSecret(t.Context())
	wantError(t, err, fault.Auth, "the API server "+s.Host()+
		" refuses secrets/pull-secret in namespace openshift-config: the user viewer lacks the permission to get secrets in the namespace openshift-config")
}

func TestNotOpenShift(t *testing.T) {
	s := testcluster.New(t)
	_, err := connected(s).Version(t.Context())
	wantError(t, err, fault.NotFound, "the server "+s.Host()+" is not OpenShift: it has no ClusterVersion")
	for _, object := range []string{"<html>log in</html>", `[]`, `{"status":"Failure"}`, ""} {
		s := testcluster.New(t).With(testcluster.ClusterVersion, object)
		_, err := connected(s).Version(t.Context())
		wantError(t, err, fault.Integrity, "the server "+s.Host()+" is not an API server of OpenShift: its answer for clusterversions.config.openshift.io/version is not such an object")
	}
}

// Redirects are not followed, because the credentials would go with them.
func TestRedirects(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("asked with %q", r.Header.Get("Authorization"))
	}))
	t.Cleanup(elsewhere.Close)
	s := testcluster.New(t).Before(func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, elsewhere.URL+"/login?token=canary", http.StatusFound)
		return true
	})
	_, err := connected(s).Version(t.Context())
	wantError(t, err, fault.Network, "the server "+s.Host()+" redirects to another address: it is not an API server")
}

func TestBusyServers(t *testing.T) {
	for _, test := range []struct {
		failures, asked int
		status          int
		want            string
	}{
		{failures: 2, asked: 3, status: 429},
		{failures: 1, asked: 2, status: 503},
		{failures: 9, asked: 10, status: 503},
		{failures: 9, asked: 5, status: 500, want: "500 Internal Server Error, 5 times"},
		{failures: 9, asked: 1, status: 418, want: "418 I'm a teapot"},
	} {
		asked := 0
		s := testcluster.New(t).WithRelease("4.14.1", "i").Before(func(w http.ResponseWriter, _ *http.Request) bool {
			if asked++; asked > test.failures {
				return false
			}
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(test.status)
			return true
		})
		_, err := connected(s).Version(t.Context())
		if test.want != "" {
			wantError(t, err, fault.Network, "the API server "+s.Host()+" answered "+test.want)
		} else if err != nil {
			t.Errorf("%+v: %v", test, err)
		}
		if asked != test.asked {
			t.Errorf("%+v: asked %d times", test, asked)
		}
	}
}

func TestBrokenConnections(t *testing.T) {
	broken := 0
	s := testcluster.New(t).WithRelease("4.14.1", "i").Before(func(w http.ResponseWriter, _ *http.Request) bool {
		if broken++; broken > 1 {
			return false
		}
		panic(http.ErrAbortHandler)
	})
	if _, err := connected(s).Version(t.Context()); err != nil || broken != 2 {
		t.Errorf("%v after %d requests", err, broken)
	}
}

func TestEndlessAnswers(t *testing.T) {
	s := testcluster.New(t).Before(func(w http.ResponseWriter, r *http.Request) bool {
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, strings.Repeat(" ", 1<<20)); err != nil {
				break
			}
		}
		return true
	})
	_, err := connected(s).Version(t.Context())
	wantError(t, err, fault.Integrity, "the API server "+s.Host()+" sends more than 16777216 bytes as clusterversions.config.openshift.io/version")
}

func TestUnreachable(t *testing.T) {
	const host = "127.0.0.1:1" // nothing listens there, and no system hands out the port
	_, err := newCluster(&rest.Config{Host: "https://user:canary@" + host}).Version(t.Context())
	wantError(t, err, fault.Network, "the API server "+host+" cannot be reached: dial tcp "+host+": connect: connection refused")
}

func TestCertificates(t *testing.T) {
	s := testcluster.New(t)
	unknown := config(s, testcluster.Token)
	unknown.CAData = nil
	_, err := newCluster(unknown).Version(t.Context())
	wantError(t, err, fault.Network, "the certificate of the API server "+s.Host()+
		" is not trusted: x509: certificate signed by unknown authority; the kubeconfig's certificate-authority must be the one that signed it")

	other := config(s, testcluster.Token)
	other.ServerName = "api.example.org"
	_, err = newCluster(other).Version(t.Context())
	if fault.KindOf(err) != fault.Network || !strings.HasSuffix(fmt.Sprint(err), "; --tls-server-name gives the name that it is for") {
		t.Error(err)
	}
	if len(s.Requests()) > 0 {
		t.Errorf("requests despite the certificate: %q", s.Requests())
	}
}

func TestClientCertificateIsRefused(t *testing.T) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}
	s.StartTLS()
	t.Cleanup(s.Close)
	_, err := newCluster(&rest.Config{Host: s.URL, TLSClientConfig: rest.TLSClientConfig{Insecure: true}}).Version(t.Context())
	wantError(t, err, fault.Auth, "the API server "+s.Listener.Addr().String()+" does not accept the client certificate: remote error: tls: handshake failure")
}

func TestPlainServer(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	_, err := newCluster(&rest.Config{Host: strings.Replace(s.URL, "http:", "https:", 1)}).Version(t.Context())
	wantError(t, err, fault.Network, "the server "+s.Listener.Addr().String()+" does not speak TLS: it is not an API server")
}

// client-go's round trippers fail like this if they cannot get credentials.
func TestMissingCredentials(t *testing.T) {
	s := testcluster.New(t)
	for failure, want := range map[string]string{
		"getting credentials: exec: executable oc-login not found":                      "exec: executable oc-login not found",
		"oauth2: cannot fetch token: 400 Bad Request\nResponse: {\"token\":\"canary\"}": "oauth2: cannot fetch token: 400 Bad Request",
	} {
		c := config(s, "")
		c.Wrap(func(http.RoundTripper) http.RoundTripper {
			return roundTripper(func(*http.Request) (*http.Response, error) { return nil, errors.New(failure) })
		})
		_, err := newCluster(c).Version(t.Context())
		wantError(t, err, fault.Auth, "no credentials for the API server "+s.Host()+": "+want)
	}
}

func TestInvalidConfigurations(t *testing.T) {
	for _, host := range []string{"https://", "://x", "https://user:canary@host:port x"} {
		_, err := newCluster(&rest.Config{Host: host}).Version(t.Context())
		wantError(t, err, fault.Usage, "the kubeconfig names no valid server: want https://HOST:PORT")
	}
	_, err := newCluster(&rest.Config{Host: "https://h", TLSClientConfig: rest.TLSClientConfig{CAData: []byte("no")}}).Version(t.Context())
	if fault.KindOf(err) != fault.Usage || !strings.HasPrefix(fmt.Sprint(err), "the kubeconfig for h: ") {
		t.Error(err)
	}
}
