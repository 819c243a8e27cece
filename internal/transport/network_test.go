package transport

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// startServer answers "host path" and keeps its complaints about handshakes to itself.
func startServer(t *testing.T, withTLS bool) (s *httptest.Server, host string) {
	t.Helper()
	s = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, r.Host+" "+r.URL.Path+string(data))
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	if withTLS {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s, s.Listener.Addr().String()
}

func verified(string) Route { return Route{} }
func insecure(string) Route { return Route{Insecure: true} }

// writeCA writes a server's certificate to a file.
func writeCA(t *testing.T, s *httptest.Server, path string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestNetworkVerifiesHosts(t *testing.T) {
	s, host := startServer(t, true)
	dirs := t.TempDir()
	writeCA(t, s, filepath.Join(dirs, host, "ca.crt"))
	broken := t.TempDir()
	if err := os.MkdirAll(filepath.Join(broken, host), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(broken, host, "x.crt"), []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	hint := func(_ string, p TLSProblem) string { return map[TLSProblem]string{UnknownAuthority: "name its CA"}[p] }
	for name, test := range map[string]struct {
		options NetworkOptions
		route   func(string) Route
		kind    fault.Kind
		want    string
	}{
		"unknown":       {NetworkOptions{Hint: hint}, verified, fault.Network, host + ": x509: certificate signed by unknown authority; name its CA"},
		"no hint":       {NetworkOptions{}, verified, fault.Network, host + ": x509: certificate signed by unknown authority"},
		"insecure":      {NetworkOptions{}, insecure, 0, ""},
		"a file":        {NetworkOptions{CAFile: writeCA(t, s, filepath.Join(t.TempDir(), "ca.pem"))}, verified, 0, ""},
		"a directory":   {NetworkOptions{CertDirs: []string{"/does/not/exist", dirs}}, verified, 0, ""},
		"a broken file": {NetworkOptions{CertDirs: []string{broken}}, verified, fault.Local, "there is not PEM certificate in " + broken + "/" + host + "/x.crt"},
		"no file":       {NetworkOptions{CAFile: "/does/not/exist"}, verified, fault.Local, "reading --certificate-authority: open /does/not/exist: no such file or directory"},
	} {
		t.Run(name, func(t *testing.T) {
			n := NewNetwork(test.options)
			if name == "no file" {
				wantError(t, n.CheckFiles(), test.kind, test.want)
			}
			response, err := n.Via(test.route).RoundTrip(newRequest(t, "GET", "https://"+host+"/x"))
			wantError(t, err, test.kind, test.want)
			if err == nil {
				response.Body.Close()
			}
		})
	}
}

func TestNetworkKeepsRoutesApart(t *testing.T) {
	_, host := startServer(t, true)
	n := NewNetwork(NetworkOptions{})
	for range 2 { // before and after the transports are there
		response, err := n.Via(insecure).RoundTrip(newRequest(t, "GET", "https://"+host+"/x"))
		if err != nil {
			t.Fatal(err)
		}
		Discard(response)
		if _, err := n.Via(verified).RoundTrip(newRequest(t, "GET", "https://"+host+"/x")); TLSProblemOf(err) != UnknownAuthority {
			t.Errorf("got %v", err)
		}
	}
}

func TestNetworkGuardsWhatItDials(t *testing.T) {
	s, host := startServer(t, false)
	guarded := func(string) Route { return Route{Guard: Local} }
	if _, err := NewNetwork(NetworkOptions{}).Via(guarded).RoundTrip(newRequest(t, "GET", "http://"+host+"/x")); !errors.Is(err, ErrGuarded) || transient(err) {
		t.Errorf("got %v", err)
	}
	// A proxy is dialled in place of the host, and the user chose it.
	n := NewNetwork(NetworkOptions{Getenv: func(name string) string { return map[string]string{"http_proxy": s.URL}[name] }})
	response, err := n.Via(guarded).RoundTrip(newRequest(t, "GET", "http://a.example/x"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if data, _ := io.ReadAll(response.Body); string(data) != "a.example /x" {
		t.Errorf("got %s", data)
	}
}

func TestNetworkExplainsProxies(t *testing.T) {
	for status, want := range map[int]string{
		407: "the proxy HOST:PORT requires other credentials (407): put them into the URL in HTTPS_PROXY",
		503: "reaching a.example: the proxy HOST:PORT answered 503 Service Unavailable, 5 times",
		403: "reaching a.example: the proxy HOST:PORT answered 403 Forbidden",
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		proxy := s.Listener.Addr().String()
		n := NewNetwork(NetworkOptions{Getenv: func(name string) string {
			return map[string]string{"HTTPS_PROXY": "http://user:secret@" + proxy}[name]
		}})
		var c clock
		_, err := Chain(n.Via(verified), Retry(RetryOptions{Clock: c.clock()})).RoundTrip(newRequest(t, "GET", "https://a.example/x"))
		wantError(t, err, fault.Network, strings.ReplaceAll(want, "HOST:PORT", proxy))
		s.Close()
	}
}

func TestPlainAsksInTheClear(t *testing.T) {
	_, plain := startServer(t, false)
	_, secure := startServer(t, true)
	dials := 0
	n := NewNetwork(NetworkOptions{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		dials++
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}})
	for host, want := range map[string]struct {
		scheme string
		dials  int
	}{plain: {"http", 2}, secure: {"https", 1}} {
		dials = 0
		var p Plain
		chain := Chain(n.Via(insecure), p.Link(func(string) bool { return true }))
		for range 3 {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "https://"+host+"/x", strings.NewReader(" body"))
			if err != nil {
				t.Fatal(err)
			}
			response, err := chain.RoundTrip(request)
			if err != nil {
				t.Fatal(err)
			}
			data, _ := io.ReadAll(response.Body)
			response.Body.Close()
			if got := response.Request.URL.Scheme; got != want.scheme || string(data) != host+" /x body" {
				t.Errorf("%s: asked by %s, got %q", host, got, data)
			}
		}
		if dials != want.dials {
			t.Errorf("%s: %d connections, want %d", host, dials, want.dials)
		}
	}
}

func TestPlainNeedsPermission(t *testing.T) {
	_, host := startServer(t, false)
	var p Plain
	p.Set(host)
	chain := Chain(NewNetwork(NetworkOptions{}).Via(verified), p.Link(func(string) bool { return false }))
	_, err := chain.RoundTrip(newRequest(t, "GET", "https://"+host+"/x"))
	wantError(t, err, fault.Network, host+": tls: first record does not look like a TLS handshake")
	if problem := TLSProblemOf(err); problem != NotTLS {
		t.Errorf("problem %d", problem)
	}
}

func TestTLSProblems(t *testing.T) {
	for text, want := range map[string]TLSProblem{
		"remote error: tls: protocol version not supported": TLSRefused,
		"tls: server selected unsupported protocol":         TLSRefused,
		"EOF": NoTLSProblem,
	} {
		if got := TLSProblemOf(errors.New(text)); got != want {
			t.Errorf("%s: got %d", text, got)
		}
	}
	if got := TLSProblemOf(tls.RecordHeaderError{Msg: "no"}); got != NotTLS {
		t.Errorf("got %d", got)
	}
}
