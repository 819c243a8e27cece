package store

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/release-x/oc-release-x/internal/testprogress"
	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/openpgp"
)

func quote(s string) string {
	data, _ := json.Marshal(s)
	return string(data)
}

// requests records the requests to a server.
type requests struct {
	mu    sync.Mutex
	paths []string
	heads []http.Header
}

func (r *requests) add(req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.paths, r.heads = append(r.paths, req.URL.Path), append(r.heads, req.Header)
}

// serve answers paths below /store/sha256=HEX/ by what answers says: a status, "=TEXT" for a body, or ">URL" for a redirect.
func serve(t *testing.T, answers map[string]string) (*httptest.Server, *requests) {
	t.Helper()
	seen := &requests{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.add(r)
		name := strings.TrimPrefix(r.URL.Path, "/store/sha256="+image().Encoded()+"/")
		answer, ok := answers[name]
		switch {
		case !ok:
			w.WriteHeader(http.StatusNotFound)
		case answer[0] == '=':
			fmt.Fprint(w, answer[1:])
		case answer[0] == '>':
			w.Header().Set("Location", answer[1:])
			w.WriteHeader(http.StatusFound)
		default:
			var status int
			fmt.Sscan(answer, &status)
			w.WriteHeader(status)
			fmt.Fprint(w, "some text")
		}
	}))
	t.Cleanup(server.Close)
	return server, seen
}

// noWaits are options with which retries do not wait.
func noWaits() WebOptions {
	return WebOptions{UserAgent: "test", Sleep: func(context.Context, time.Duration) error { return nil }}
}

func TestHTTP(t *testing.T) {
	dir := "/store/sha256=" + image().Encoded() + "/"
	tests := []struct {
		name    string
		answers map[string]string
		want    []string
		asked   int
	}{
		{"none", nil, nil, 1},
		{"two", map[string]string{"signature-1": "=a", "signature-2": "=b"}, []string{"URL/signature-1 a", "URL/signature-2 b"}, 3},
		{"404 ends", map[string]string{"signature-1": "=a", "signature-3": "=c"}, []string{"URL/signature-1 a"}, 2},
		{"nine at most", map[string]string{
			"signature-1": "=1", "signature-2": "=2", "signature-3": "=3", "signature-4": "=4", "signature-5": "=5", "signature-6": "=6", "signature-7": "=7", "signature-8": "=8", "signature-9": "=9", "signature-10": "=10",
		}, []string{"URL/signature-1 1", "URL/signature-2 2", "URL/signature-3 3", "URL/signature-4 4", "URL/signature-5 5", "URL/signature-6 6", "URL/signature-7 7", "URL/signature-8 8", "URL/signature-9 9"}, 9},
		{"403 is no 404", map[string]string{"signature-1": "403", "signature-2": "=b"}, []string{"error: URL/signature-1 answered 403 Forbidden", "URL/signature-2 b"}, 3},
		{"401 is no 404", map[string]string{"signature-1": "401"}, []string{"error: URL/signature-1 answered 401 Unauthorized"}, 2},
		{"410 is no 404", map[string]string{"signature-1": "410"}, []string{"error: URL/signature-1 answered 410 Gone"}, 2},
		{"204 is no signature", map[string]string{"signature-1": "204"}, []string{"error: URL/signature-1 answered 204 No Content"}, 2},
		{"500 is no 404, and is tried again", map[string]string{"signature-1": "500"}, []string{"error: getting URL/signature-1: HOST answered 500 Internal Server Error, 5 times"}, 6},
		{"too long", map[string]string{"signature-1": "=" + strings.Repeat("x", openpgp.MaxMessage+1), "signature-2": "=b"}, []string{"error: URL/signature-1: it has more than the 51200 bytes that are read", "URL/signature-2 b"}, 3},
		{"as long as may be", map[string]string{"signature-1": "=" + strings.Repeat("x", openpgp.MaxMessage)}, []string{"URL/signature-1 " + strings.Repeat("x", openpgp.MaxMessage)}, 2},
		{"a redirect", map[string]string{"signature-1": ">elsewhere", "elsewhere": "=a"}, []string{"URL/signature-1 a"}, 3},
		{"a redirect to nothing", map[string]string{"signature-1": ">elsewhere"}, nil, 2},
		{"redirects without end", map[string]string{"signature-1": ">signature-1"}, []string{"error: getting URL/signature-1: HOST redirects in circles, 1 in a row"}, 1},
		{"a redirect to a user", map[string]string{"signature-1": ">http://a:b@example.com/"}, []string{"error: getting URL/signature-1: HOST redirects to an address with a user name in it"}, 1},
		{"a redirect to another scheme", map[string]string{"signature-1": ">file:///etc/passwd"}, []string{"error: getting URL/signature-1: HOST redirects to what is not an address"}, 1},
		{"a redirect to a cloud's metadata", map[string]string{"signature-1": ">http://169.254.169.254/"}, []string{"error: getting URL/signature-1: HOST redirects to 169.254.169.254, a loopback or link-local address"}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server, seen := serve(t, test.answers)
			s, err := Open(server.URL+"/store/", NewWeb(noWaits()))
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, line := range test.want {
				want = append(want, strings.NewReplacer("URL/", server.URL+dir, "HOST", server.Listener.Addr().String()).Replace(line))
			}
			equal(t, found(t, s, "-"), want...)
			if len(seen.paths) != test.asked || !strings.HasPrefix(seen.paths[0], dir) {
				t.Errorf("asked %d times, want %d: %v", len(seen.paths), test.asked, seen.paths)
			}
			for _, h := range seen.heads {
				for _, name := range []string{"Authorization", "Cookie", "Referer", "Accept-Encoding"} {
					if h.Get(name) != "" {
						t.Errorf("sent %s: %s", name, h.Get(name))
					}
				}
			}
		})
	}
}

// The = in the path is not escaped.
func TestPathOnTheWire(t *testing.T) {
	var raw string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw = r.RequestURI
		w.WriteHeader(http.StatusNotFound)
	}))
	defer server.Close()
	s, err := NewWeb(noWaits()).Store(server.URL + "/a/b")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, found(t, s, "-"))
	if want := "/a/b/sha256=" + image().Encoded() + "/signature-1"; raw != want {
		t.Errorf("asked for %s, want %s", raw, want)
	}
}

// Failures that may pass are tried again. A host that cannot be reached is not asked for further signatures.
func TestTriesAgain(t *testing.T) {
	n := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch n++; n {
		case 1:
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			w.Header().Set("Content-Length", "10")
			fmt.Fprint(w, "a") // breaks off
		case 3:
			fmt.Fprint(w, "whole")
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	web := NewWeb(noWaits())
	s, err := web.Store(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, found(t, s, "-"), server.URL+"/sha256="+image().Encoded()+"/signature-1 whole")
	refusing, err := web.Store("http://127.0.0.1:1") // nothing listens there, and no system hands out the port
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, err := range refusing.Signatures(t.Context(), image()) {
		count++
		if fault.KindOf(err) != fault.Network || !strings.Contains(err.Error(), "connection refused") {
			t.Errorf("got %v", err)
		}
	}
	if count != 1 {
		t.Errorf("%d errors", count)
	}
}

func TestRetryAfterTooLong(t *testing.T) {
	n := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n++
		w.Header().Set("Retry-After", "86400")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer server.Close()
	s, err := NewWeb(noWaits()).Store(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range s.Signatures(t.Context(), image()) {
		if fault.KindOf(err) != fault.Network || !strings.HasSuffix(err.Error(), "answered 429 Too Many Requests and asks to wait 24h0m0s, which is longer than 1m0s: try again later") {
			t.Errorf("got %v", err)
		}
		break
	}
	if n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	defer server.Close()
	s, err := NewWeb(noWaits()).Store(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, err := range s.Signatures(ctx, image()) {
		if count++; err == nil || ctx.Err() == nil {
			t.Errorf("got %v", err)
		}
	}
	if count != 1 {
		t.Errorf("%d answers", count)
	}
}

// The store that a release names has to be https, and on another machine.
func TestUntrustedStore(t *testing.T) {
	web := NewWeb(noWaits())
	written := strings.NewReplacer("a:b@", "a:xxxxx@", "?y", "?…")
	for address, reason := range map[string]string{
		"http://example.com/x":       "it is not https",
		"file:///etc":                "want http://HOST/… or https://HOST/…",
		"https://localhost/x":        "it is a loopback or link-local address",
		"https://a.localhost./x":     "it is a loopback or link-local address",
		"https://127.0.0.1:8443/x":   "it is a loopback or link-local address",
		"https://[::1]/x":            "it is a loopback or link-local address",
		"https://[::ffff:127.0.0.1]": "it is a loopback or link-local address",
		"https://169.254.169.254/":   "it is a loopback or link-local address",
		"https://0.0.0.0/":           "it is a loopback or link-local address",
		"https://a:b@example.com/x":  "no credentials are sent to a store",
		"https://example.com/x?y":    "a store's URL has neither ? nor #",
		"https://exa mple.com/x":     "it is not a URL",
	} {
		t.Run(address, func(t *testing.T) {
			_, err := web.UntrustedStore(address)
			want := fmt.Sprintf("the release's store of signatures %q is not asked: %s", written.Replace(address), reason)
			if err == nil || err.Error() != want || fault.KindOf(err) != fault.Network {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

// A name with an address of this machine is not connected to.
func TestUntrustedStoreOnThisMachine(t *testing.T) {
	o := noWaits()
	o.Getenv = nil
	s := NewWeb(o).server(&url.URL{Scheme: "http", Host: "127.0.0.1:1"}, transport.Local)
	equal(t, found(t, s, "-"), "error: getting http://127.0.0.1:1/sha256="+image().Encoded()+"/signature-1: 127.0.0.1:1 is a loopback or link-local address")
}

// Redirects to this machine or to plain HTTP are not followed for any store.
func TestRedirectsAreGuarded(t *testing.T) {
	location := ""
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "signature-1") {
			fmt.Fprint(w, "a")
			return
		}
		w.Header().Set("Location", location)
		w.WriteHeader(http.StatusFound)
	}))
	defer server.Close()
	o := noWaits()
	o.certificates = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	o.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
	}
	web := NewWeb(o)
	for _, open := range []func(string) (Store, error){web.Store, web.UntrustedStore} {
		s, err := open("https://example.com/store")
		if err != nil {
			t.Fatal(err)
		}
		at := "https://example.com/store/sha256=" + image().Encoded() + "/"
		for to, reason := range map[string]string{
			"https://localhost/x":  "localhost, a loopback or link-local address",
			"http://example.com/x": "http://example.com, which is not encrypted",
		} {
			location = to
			equal(t, found(t, s, "-"), at+"signature-1 a", "error: getting "+at+"signature-2: example.com redirects to "+reason)
		}
	}
}

// An untrusted certificate is an error, unlike a 404.
func TestUntrustedCertificate(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	s, err := NewWeb(noWaits()).Store(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, err := range s.Signatures(t.Context(), image()) {
		if count++; fault.KindOf(err) != fault.Network || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("got %v", err)
		}
	}
	if count != 1 {
		t.Errorf("%d answers", count)
	}
}

// A proxy may be on this machine, also for the stores that releases name.
func TestProxy(t *testing.T) {
	asked := ""
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.Host
		w.WriteHeader(http.StatusBadGateway)
	}))
	defer proxy.Close()
	o := noWaits()
	o.Getenv = func(name string) string { return map[string]string{"HTTPS_PROXY": proxy.URL}[name] }
	s, err := NewWeb(o).UntrustedStore("https://example.com/store")
	if err != nil {
		t.Fatal(err)
	}
	for range s.Signatures(t.Context(), image()) {
	}
	if asked != "CONNECT example.com:443" {
		t.Errorf("asked %q", asked)
	}
}

func TestRequestsReportProgress(t *testing.T) {
	server, _ := serve(t, map[string]string{"signature-1": "=a"})
	s, err := NewWeb(noWaits()).Store(server.URL + "/store")
	if err != nil {
		t.Fatal(err)
	}
	recorder := &testprogress.Recorder{}
	for _, err := range s.Signatures(progress.WithReporter(t.Context(), recorder), image()) {
		if err != nil {
			t.Error(err)
		}
	}
	report := "looking for a signature from " + server.URL + "/store: 0 of 0"
	if got, want := recorder.Tasks(), []string{report, report}; !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
}
