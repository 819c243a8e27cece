package registry_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/olareg/olareg"
	"github.com/olareg/olareg/config"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
)

const ociManifest = "application/vnd.oci.image.manifest.v1+json"

// server is a registry in memory with whatever stands before it, and a record of what was asked.
type server struct {
	*httptest.Server
	host string

	mu       sync.Mutex
	requests []string      // "GET /v2/a/b/manifests/t"
	headers  []http.Header // of the same requests
	sent     int64         // bytes of bodies
}

// layer wraps a registry's handler.
type layer func(http.Handler) http.Handler

// start runs an in-memory registry behind layers; TLS unless make is newHTTP.
func start(t *testing.T, make func(http.Handler) *httptest.Server, layers ...layer) *server {
	t.Helper()
	store := olareg.New(config.Config{Storage: config.ConfigStorage{StoreType: config.StoreMem}})
	t.Cleanup(func() { store.Close() })
	return serve(t, make, store, layers...)
}

// unstarted is a server that keeps its complaints about broken handshakes to itself.
func unstarted(h http.Handler) *httptest.Server {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	return s
}

func newHTTP(h http.Handler) *httptest.Server {
	s := unstarted(h)
	s.Start()
	return s
}

func newTLS(h http.Handler) *httptest.Server {
	s := unstarted(h)
	s.StartTLS()
	return s
}

// serve runs any handler behind layers and records its requests. What a test seeds is not recorded.
func serve(t *testing.T, make func(http.Handler) *httptest.Server, inner http.Handler, layers ...layer) *server {
	t.Helper()
	s := &server{}
	front := inner
	for _, l := range slices.Backward(layers) {
		front = l(front)
	}
	s.Server = make(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Test-Seed") != "" {
			inner.ServeHTTP(w, r)
			return
		}
		s.mu.Lock()
		s.requests = append(s.requests, r.Method+" "+r.URL.Path)
		s.headers = append(s.headers, r.Header.Clone())
		s.mu.Unlock()
		front.ServeHTTP(&counter{w, s}, r)
	}))
	t.Cleanup(s.Close)
	s.host = strings.TrimPrefix(strings.TrimPrefix(s.URL, "https://"), "http://")
	return s
}

// counter counts what is sent.
type counter struct {
	http.ResponseWriter
	server *server
}

func (c *counter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.server.mu.Lock()
	c.server.sent += int64(n)
	c.server.mu.Unlock()
	return n, err
}

// bytesSent gives the count of bytes and begins anew.
func (s *server) bytesSent() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.sent
	s.sent = 0
	return n
}

// asked gives the recorded requests and forgets them.
func (s *server) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.requests
	s.requests, s.headers = nil, nil
	return list
}

// ca writes the server's certificate to a file.
func (s *server) ca(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	writeFile(t, path, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	return path
}

func (s *server) seed(t *testing.T, method, target, mediaType string, data []byte) *http.Response {
	t.Helper()
	req, err := http.NewRequest(method, target, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Test-Seed", "1")
	req.Header.Set("Content-Type", mediaType)
	response, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode >= 300 {
		t.Fatalf("%s %s: %s", method, target, response.Status)
	}
	return response
}

// pushBlob stores a blob.
func (s *server) pushBlob(t *testing.T, repository string, data []byte) digest.Digest {
	t.Helper()
	d := digest.FromBytes(data)
	begun := s.seed(t, http.MethodPost, s.URL+"/v2/"+repository+"/blobs/uploads/", "", nil)
	location, err := begun.Location()
	if err != nil {
		t.Fatal(err)
	}
	location.RawQuery = url.Values{"digest": {d.String()}, "state": location.Query()["state"]}.Encode()
	s.seed(t, http.MethodPut, location.String(), "application/octet-stream", data)
	return d
}

// pushImage stores a small image under a tag and gives its manifest.
func (s *server) pushImage(t *testing.T, repository string, tag string) (manifest []byte, layer digest.Digest) {
	t.Helper()
	d := s.pushBlob(t, repository, []byte("{}"))
	layer = s.pushBlob(t, repository, layerBytes)
	manifest = []byte(`{"schemaVersion":2,"mediaType":"` + ociManifest + `","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"` +
		d.String() + `","size":2},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"` + layer.String() + `","size":11}]}`)
	s.seed(t, http.MethodPut, s.URL+"/v2/"+repository+"/manifests/"+tag, ociManifest, manifest)
	return manifest, layer
}

var layerBytes = []byte("layer bytes")

// quick are options with which a failing test fails soon and no retry waits.
func quick(o registry.Options) registry.Options {
	if o.CertDirs == nil {
		o.CertDirs = []string{}
	}
	// Time passes while the client waits, and only then.
	var slept atomic.Int64
	sleep, begun := o.Sleep, time.Now()
	o.Sleep = func(ctx context.Context, d time.Duration) error {
		slept.Add(int64(d))
		if sleep != nil {
			return sleep(ctx, d)
		}
		return ctx.Err()
	}
	if o.Now == nil {
		o.Now = func() time.Time { return begun.Add(time.Duration(slept.Load())) }
	}
	if o.Timeouts == (registry.Timeouts{}) {
		o.Timeouts = registry.Timeouts{Dial: 5 * time.Second, Handshake: 5 * time.Second, Header: 5 * time.Second, Stall: 5 * time.Second}
	}
	return o
}

func readBlob(t *testing.T, c *registry.Client, repository oci.Repository, d digest.Digest, size int64) ([]byte, error) {
	t.Helper()
	b, err := c.Blob(t.Context(), repository, d, size, 0)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return io.ReadAll(b)
}

// wantFault compares an error's kind and its whole text.
func wantFault(t *testing.T, err error, kind fault.Kind, text string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want: %s", text)
	}
	if err.Error() != text {
		t.Errorf("error text\n got: %s\nwant: %s", err, text)
	}
	if got := fault.KindOf(err); got != kind {
		t.Errorf("error kind: got %d, want %d", got, kind)
	}
}

func wantRequests(t *testing.T, s *server, want ...string) {
	t.Helper()
	if got := s.asked(); !slices.Equal(got, want) {
		t.Errorf("requests\n got: %q\nwant: %q", got, want)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// names dials servers by the names that a test gives them.
func names(servers map[string]*server) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		name, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		s := servers[name]
		if s == nil {
			return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
		}
		return (&net.Dialer{}).DialContext(ctx, network, s.host)
	}
}

// orgR is the repository org/r of a host.
func orgR(host string) oci.Repository { return oci.Repository{Host: host, Path: "org/r"} }
