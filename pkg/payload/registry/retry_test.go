package registry_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/release-x/oc-release-x/internal/faultproxy"
	"github.com/release-x/oc-release-x/internal/testguard"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
)

// waits records what a client would have slept.
type waits struct {
	mu   sync.Mutex
	list []time.Duration
}

func (w *waits) sleep(ctx context.Context, d time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, d)
	return ctx.Err()
}

func manifestError(s *server, text string) string {
	return "getting " + s.host + "/org/r:t: " + strings.ReplaceAll(text, "HOST", s.host)
}

func TestFinalStatusesAreNotRetried(t *testing.T) {
	tests := []struct {
		name, path string
		fault      faultproxy.Fault
		kind       fault.Kind
		want       string
	}{
		{"403", "/manifests/", faultproxy.Status(403, nil), fault.Auth, "getting HOST/org/r:t: HOST does not allow it without credentials; there are none for it: there is not a file to look into (403)"},
		{"404 repository", "/manifests/", document(404, `{"errors":[{"code":"NAME_UNKNOWN","message":"\u001b[31mno"}]}`), fault.NotFound, "getting HOST/org/r:t: not found: HOST has no repository org/r"},
		{"404 without a reason", "/manifests/", faultproxy.Status(404, nil), fault.NotFound, "getting HOST/org/r:t: not found: HOST answered 404"},
		{"404 with a code for terminals", "/manifests/", document(404, `{"errors":[{"code":"\u001b[31mNAME_UNKNOWN"}]}`), fault.NotFound, "getting HOST/org/r:t: not found: HOST answered 404"},
		{"400", "/manifests/", faultproxy.Status(400, nil), fault.Network, "getting HOST/org/r:t: HOST answered 400 Bad Request"},
		{"418", "/manifests/", faultproxy.Status(418, nil), fault.Network, "getting HOST/org/r:t: HOST answered 418 I'm a teapot"},
		{"599", "/manifests/", faultproxy.Status(599, nil), fault.Network, "getting HOST/org/r:t: HOST answered 599"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, newHTTP, faults(faultproxy.Rule{Path: test.path, Fault: test.fault}))
			_, _, _, err := anyClient(s).Manifest(t.Context(), orgR(s.host), "t")
			wantFault(t, err, test.kind, strings.ReplaceAll(test.want, "HOST", s.host))
			wantRequests(t, s, "GET /v2/org/r/manifests/t")
		})
	}
}

func TestRefusalDoesNotDelayWhatFollows(t *testing.T) {
	s := start(t, newHTTP, faults(faultproxy.Rule{Times: 1, Fault: faultproxy.Status(403, http.Header{"Retry-After": {"3600"}})}))
	s.pushImage(t, "org/r", "t")
	c := anyClient(s)
	if _, _, _, err := c.Manifest(t.Context(), orgR(s.host), "t"); fault.KindOf(err) != fault.Auth {
		t.Errorf("got %v", err)
	}
	testguard.Finishes(t, "a request after a refusal", func() {
		if _, _, _, err := c.Manifest(t.Context(), orgR(s.host), "t"); err != nil {
			t.Error(err)
		}
	})
}

// document answers a status with a body.
func document(status int, text string) faultproxy.Fault {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, text)
		})
	}
}

func TestWhatIsNotThereIsAskedForOnce(t *testing.T) {
	s := start(t, newHTTP)
	s.pushImage(t, "org/r", "other")
	c := anyClient(s)
	const none = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
	_, _, _, err := c.Manifest(t.Context(), orgR(s.host), "t")
	wantFault(t, err, fault.NotFound, "getting "+s.host+"/org/r:t: not found: the repository has no such tag")
	wantRequests(t, s, "GET /v2/org/r/manifests/t")
	_, _, _, err = c.Manifest(t.Context(), orgR(s.host), none)
	wantFault(t, err, fault.NotFound, "getting "+s.host+"/org/r@"+none+": not found: the repository has no such digest")
	wantRequests(t, s, "GET /v2/org/r/manifests/"+none)
	_, err = c.Blob(t.Context(), orgR(s.host), none, 1, 0)
	wantFault(t, err, fault.NotFound, "getting blob "+none+" of "+s.host+"/org/r: not found: "+s.host+" answered 404")
	wantRequests(t, s, "GET /v2/org/r/blobs/"+none)
}

func TestRetryAfterIsHeeded(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	date := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	tests := []struct {
		name, header string
		status       int
		wait         time.Duration // exactly; -1: less than the first backoff
		want         string
	}{
		{"seconds", "7", 429, 7 * time.Second, ""},
		{"the most", "60", 429, time.Minute, ""},
		{"a date", date(9 * time.Second), 429, 9 * time.Second, ""},
		{"a date that is over", date(-time.Hour), 503, 0, ""},
		{"none", "", 429, -1, ""},
		{"garbage", "soon", 429, -1, ""},
		{"negative", "-5", 429, -1, ""},
		{"a day", "86400", 429, 0, "HOST answered 429 Too Many Requests and asks to wait 24h0m0s, which is longer than 1m0s: try again later"},
		{"a date too far", date(61 * time.Second), 503, 0, "HOST answered 503 Service Unavailable and asks to wait 1m1s, which is longer than 1m0s: try again later"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			header := http.Header{}
			if test.header != "" {
				header.Set("Retry-After", test.header)
			}
			s := start(t, newHTTP, faults(faultproxy.Rule{Path: "/manifests/", Times: 1, Fault: faultproxy.Status(test.status, header)}))
			s.pushImage(t, "org/r", "t")
			var w waits
			c := registry.New(quick(registry.Options{Insecure: []string{s.host}, Sleep: w.sleep, Now: func() time.Time { return now }}))
			_, _, _, err := c.Manifest(t.Context(), orgR(s.host), "t")
			if test.want != "" {
				wantFault(t, err, fault.Network, manifestError(s, test.want))
				wantRequests(t, s, "GET /v2/org/r/manifests/t")
				return
			}
			if err != nil || len(w.list) != 1 {
				t.Fatalf("got %v, waits %v", err, w.list)
			}
			if got := w.list[0]; got != test.wait && (test.wait >= 0 || got >= 200*time.Millisecond) {
				t.Errorf("waited %v, want %v", got, test.wait)
			}
		})
	}
}

func TestServerErrorsThatPass(t *testing.T) {
	for _, status := range []int{408, 429, 500, 502, 503, 504} {
		for _, path := range []string{"/manifests/", "/blobs/"} {
			s := start(t, newHTTP, faults(faultproxy.Rule{Path: path, Times: 2, Fault: faultproxy.Status(status, nil)}))
			manifest, layer := s.pushImage(t, "org/r", "t")
			var log bytes.Buffer
			c := registry.New(quick(registry.Options{
				Insecure: []string{s.host},
				Log:      slog.New(slog.NewTextHandler(&log, nil)),
			}))
			body, _, _, err := c.Manifest(t.Context(), orgR(s.host), "t")
			if err != nil || !bytes.Equal(body, manifest) {
				t.Errorf("%d: got %q, %v", status, body, err)
			}
			if data, err := readBlob(t, c, orgR(s.host), layer, 11); err != nil || !bytes.Equal(data, layerBytes) {
				t.Errorf("%d: got %q, %v", status, data, err)
			}
			if n := len(s.asked()); n != 4 {
				t.Errorf("%d at %s: %d requests, want 3 and 1", status, path, n)
			}
			of := " of=5"
			if status == 429 || status == 503 {
				of = "" // a busy server uses up no try
			}
			for _, want := range []string{"msg=retrying host=" + s.host + " try=2" + of + " wait", "try=3" + of + " wait", fmt.Sprintf("answered %d %s", status, http.StatusText(status))} {
				if !strings.Contains(log.String(), want) {
					t.Errorf("%d: the log lacks %q:\n%s", status, want, log.String())
				}
			}
			if strings.Contains(log.String(), "try=4") {
				t.Errorf("%d: more than 3 tries:\n%s", status, log.String())
			}
		}
	}
}

func TestServerErrorsThatStay(t *testing.T) {
	s := start(t, newHTTP, faults(faultproxy.Rule{Path: "/manifests/", Fault: faultproxy.Status(502, nil)}))
	var w waits
	c := registry.New(quick(registry.Options{Insecure: []string{s.host}, Sleep: w.sleep}))
	_, _, _, err := c.Manifest(t.Context(), orgR(s.host), "t")
	wantFault(t, err, fault.Network, manifestError(s, "HOST answered 502 Bad Gateway, 5 times"))
	if n := len(s.asked()); n != 5 {
		t.Errorf("%d requests, want 5", n)
	}
	for i, d := range w.list {
		if most := 200 * time.Millisecond << i; d < 0 || d >= most {
			t.Errorf("wait %d is %v, want less than %v", i+1, d, most)
		}
	}
	if len(w.list) != 4 {
		t.Errorf("%d waits, want 4", len(w.list))
	}
}

func TestBusyServerIsWaitedForTenMinutes(t *testing.T) {
	for _, status := range []int{429, 503} {
		busy := faultproxy.Status(status, http.Header{"Retry-After": {"60"}})
		s := start(t, newHTTP, faults(faultproxy.Rule{Path: "/manifests/", Fault: busy}))
		var w waits
		c := registry.New(quick(registry.Options{Insecure: []string{s.host}, Sleep: w.sleep}))
		_, _, _, err := c.Manifest(t.Context(), orgR(s.host), "t")
		wantFault(t, err, fault.Network, manifestError(s, fmt.Sprintf("HOST answered %d %s, and has answered nothing else for 10m0s: try again later", status, http.StatusText(status))))
		if n := len(s.asked()); n != 11 || len(w.list) != 10 {
			t.Errorf("%d requests, want 11, one a minute", n)
		}
	}
}

func TestBusyServerThatAnswersInBetween(t *testing.T) {
	// Every second answer is 429, for longer than ten minutes altogether.
	var n atomic.Int64
	s := start(t, newHTTP, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if n.Add(1)%2 == 1 {
				w.Header().Set("Retry-After", "60")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	s.pushImage(t, "org/r", "t")
	c := anyClient(s)
	for range 20 {
		if _, _, _, err := c.Manifest(t.Context(), orgR(s.host), "t"); err != nil {
			t.Fatal(err)
		}
	}
	wantRequests(t, s, slices.Repeat([]string{"GET /v2/org/r/manifests/t"}, 40)...)
}

func TestBrokenManifestIsAskedForAgain(t *testing.T) {
	for name, broken := range map[string]faultproxy.Fault{"reset": faultproxy.Reset(20), "cut": faultproxy.Cut(0), "stall": faultproxy.Stall(20)} {
		t.Run(name, func(t *testing.T) {
			s := start(t, newHTTP, faults(faultproxy.Rule{Path: "/manifests/", Times: 1, Fault: broken}))
			manifest, _ := s.pushImage(t, "org/r", "t")
			o := quick(registry.Options{Insecure: []string{s.host}})
			if name == "stall" {
				o.Timeouts.Stall = time.Second
			}
			c := registry.New(o)
			body, _, _, err := c.Manifest(t.Context(), orgR(s.host), "t")
			if err != nil || !bytes.Equal(body, manifest) {
				t.Errorf("got %q, %v", body, err)
			}
			wantRequests(t, s, "GET /v2/org/r/manifests/t", "GET /v2/org/r/manifests/t")
		})
	}
}

func TestManifestTooLarge(t *testing.T) {
	for name, length := range map[string]bool{"with its length": true, "chunked": false} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, newHTTP, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if length {
					w.Header().Set("Content-Length", "104857600")
				}
				chunk := make([]byte, mebibyte)
				for range 100 {
					if _, err := w.Write(chunk); err != nil {
						return
					}
				}
			}))
			_, _, _, err := anyClient(s).Manifest(t.Context(), orgR(s.host), "t")
			wantFault(t, err, fault.Integrity, manifestError(s, "the manifest has more than 8388608 bytes (8 MiB)"))
			wantRequests(t, s, "GET /v2/org/r/manifests/t")
			if n := s.bytesSent(); n > 20*mebibyte {
				t.Errorf("%d bytes were sent", n)
			}
		})
	}
}

func TestServerThatAcceptsAndSaysNothing(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() // connections are taken by the kernel alone
	host := listener.Addr().String()
	for name, test := range map[string]struct {
		options registry.Options
		want    string
	}{
		"TLS":   {registry.Options{}, "net/http: TLS handshake timeout"},
		"plain": {registry.Options{Insecure: []string{host}}, "net/http: TLS handshake timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			test.options.Timeouts = registry.Timeouts{Handshake: 50 * time.Millisecond, Header: 50 * time.Millisecond}
			_, _, _, err = registry.New(quick(test.options)).Manifest(t.Context(), orgR(host), "t")
			wantFault(t, err, fault.Network, "getting "+host+"/org/r:t: "+host+" does not answer, 5 times: "+test.want)
		})
	}
}

func TestHostsThatCannotBeReached(t *testing.T) {
	const refusing = "127.0.0.1:1" // nothing listens there, and no system hands out the port
	notFound := &net.DNSError{Err: "no such host", Name: "registry.example", IsNotFound: true}
	tests := []struct {
		name, host string
		dial       error // nil: the system's
		waits      int
		want       string
	}{
		{"refused", refusing, nil, 4, "HOST cannot be reached, 5 times: dial tcp HOST: connect: connection refused"},
		{"no such name", "registry.example", notFound, 0, "HOST cannot be reached: lookup registry.example: no such host"},
		{"unreachable", "registry.example", errors.New("network is unreachable"), 0, "HOST cannot be reached: network is unreachable"},
		{"name server busy", "registry.example", &net.DNSError{Err: "server misbehaving", Name: "registry.example", IsTemporary: true}, 4, "HOST cannot be reached, 5 times: lookup registry.example: server misbehaving"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var w waits
			o := registry.Options{Sleep: w.sleep}
			if test.dial != nil {
				o.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, test.dial }
			}
			_, _, _, err := registry.New(quick(o)).Manifest(t.Context(), orgR(test.host), "t")
			wantFault(t, err, fault.Network, "getting "+test.host+"/org/r:t: "+strings.ReplaceAll(test.want, "HOST", test.host))
			if len(w.list) != test.waits {
				t.Errorf("%d waits, want %d", len(w.list), test.waits)
			}
		})
	}
}

func TestDialThatIsNeverAnswered(t *testing.T) {
	// A dial that is never answered ends after the time for it.
	o := registry.Options{Timeouts: registry.Timeouts{Dial: 20 * time.Millisecond}}
	o.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: ctx.Err()}
	}
	_, _, _, err := registry.New(quick(o)).Manifest(t.Context(), oci.SplitRepository("registry.example/org/r"), "t")
	wantFault(t, err, fault.Network, "getting registry.example/org/r:t: registry.example does not answer, 5 times: dial tcp: context deadline exceeded")
}

func TestCancelEndsEverythingSoon(t *testing.T) {
	tests := map[string]struct {
		layers []layer
		blob   bool
	}{
		"before the header": {layers: []layer{faults(faultproxy.Rule{Fault: faultproxy.Silence()})}},
		"in a manifest":     {layers: []layer{faults(faultproxy.Rule{Fault: faultproxy.Stall(10)})}},
		"in a blob":         {layers: []layer{faults(faultproxy.Rule{Fault: faultproxy.Stall(10)})}, blob: true},
		"at the token server": {layers: []layer{
			faults(faultproxy.Rule{Path: "/token", Fault: faultproxy.Silence()}), bearer("", "/token"),
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := start(t, newHTTP, test.layers...)
			d := s.pushBlob(t, "org/r", layerBytes)
			s.pushImage(t, "org/r", "t")
			c := registry.New(registry.Options{Insecure: []string{s.host}, CertDirs: []string{}})
			ctx, cancel := context.WithCancel(t.Context())
			if !test.blob {
				time.AfterFunc(100*time.Millisecond, cancel)
			}
			var err error
			testguard.Finishes(t, "a request that was cancelled", func() {
				if !test.blob {
					_, _, _, err = c.Manifest(ctx, orgR(s.host), "t")
					return
				}
				b, openErr := c.Blob(ctx, orgR(s.host), d, 11, 0)
				if openErr != nil {
					t.Error(openErr)
					return
				}
				defer b.Close()
				time.AfterFunc(100*time.Millisecond, cancel)
				_, err = io.Copy(io.Discard, b)
			})
			if !errors.Is(err, context.Canceled) || fault.KindOf(err) != fault.Internal {
				t.Errorf("got %v, kind %d", err, fault.KindOf(err))
			}
			testguard.Finishes(t, "a request that goes on", s.Close) // waits for requests under way: none may be left
		})
	}
}

// The wait before another try is given the context of the request.
func TestCancelEndsAWait(t *testing.T) {
	s := start(t, newHTTP, faults(faultproxy.Rule{Fault: faultproxy.Status(503, http.Header{"Retry-After": {"60"}})}))
	ctx, cancel := context.WithCancel(t.Context())
	waits := 0
	c := registry.New(quick(registry.Options{Insecure: []string{s.host}, Sleep: func(ctx context.Context, _ time.Duration) error {
		waits++
		cancel()
		return ctx.Err()
	}}))
	if _, _, _, err := c.Manifest(ctx, orgR(s.host), "t"); !errors.Is(err, context.Canceled) || fault.KindOf(err) != fault.Internal || waits != 1 {
		t.Errorf("got %v, kind %d, after %d waits", err, fault.KindOf(err), waits)
	}
}

func TestCancelDoesNotWaitForOthers(t *testing.T) {
	forever := make(chan struct{})
	t.Cleanup(func() { close(forever) })
	c := registry.New(quick(registry.Options{PullSecret: func(context.Context) ([]byte, string, error) {
		<-forever
		return nil, "", errors.New("too late")
	}}))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	testguard.Finishes(t, "a request that was cancelled", func() {
		if _, _, _, err := c.Manifest(ctx, oci.SplitRepository("registry.example/org/r"), "t"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestTimeIsOver(t *testing.T) {
	s := start(t, newHTTP, faults(faultproxy.Rule{Fault: faultproxy.Silence()}))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, _, _, err := anyClient(s).Manifest(ctx, orgR(s.host), "t")
	wantFault(t, err, fault.Network, manifestError(s, "--timeout expired: context deadline exceeded"))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error("the cause is lost")
	}
}

func TestAddressThatDoesNotAnswer(t *testing.T) {
	// The name has an IPv6 address where nobody is, as half-configured networks have.
	s := start(t, newHTTP)
	s.pushImage(t, "org/r", "t")
	system := net.DefaultResolver
	t.Cleanup(func() { net.DefaultResolver = system })
	net.DefaultResolver = fakeDNS(t, map[string]string{"registry.example.": "127.0.0.1", "AAAA registry.example.": "100::1"})
	host := "registry.example:" + s.host[strings.LastIndex(s.host, ":")+1:]
	o := quick(registry.Options{Insecure: []string{host}})
	o.Timeouts.Dial = time.Hour
	testguard.Finishes(t, "waiting for one address of several", func() {
		if _, _, _, err := registry.New(o).Manifest(t.Context(), orgR(host), "t"); err != nil {
			t.Error(err)
		}
	})
}
