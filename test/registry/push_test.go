package registry

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/olareg/olareg"
	"github.com/olareg/olareg/config"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
)

// targets are registries to push to: those of kinds, and olareg.
func targets(t *testing.T) map[string]*server {
	t.Helper()
	store := olareg.New(config.Config{Storage: config.ConfigStorage{StoreType: config.StoreMem}})
	t.Cleanup(func() { store.Close() })
	all := kinds(t)
	all["olareg"] = serve(t, newAuthority(t), store)
	return all
}

// client is the library's client with the credentials of the user. It waits for no retry.
func (s *server) client(t *testing.T, change ...func(*registry.Options)) *registry.Client {
	t.Helper()
	o := registry.Options{
		CAFile: s.authority.file, CertDirs: []string{}, AuthFile: authFile(t, s.host(), login(user, password)),
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
	for _, c := range change {
		c(&o)
	}
	return registry.New(o)
}

func (s *server) repository(path string) oci.Repository {
	return oci.Repository{Host: s.host(), Path: path}
}

// blob is size bytes of which none repeat, another blob for every seed.
func blob(seed uint64, size int) ([]byte, oci.Digest) {
	data := make([]byte, size)
	source := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	_, _ = source.Read(data)
	return data, digest.FromBytes(data)
}

// from opens data from a byte on.
func from(data []byte) func(int64) (io.ReadCloser, error) {
	return func(offset int64) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data[offset:])), nil }
}

// wantContent reads a blob back.
func wantContent(t *testing.T, c *registry.Client, repository oci.Repository, data []byte) {
	t.Helper()
	body, err := c.Source(repository).Blob(t.Context(), digest.FromBytes(data), int64(len(data)), 0)
	if err != nil {
		t.Error(err)
		return
	}
	defer body.Close()
	if got, err := io.ReadAll(body); err != nil || !bytes.Equal(got, data) {
		t.Errorf("read %d bytes of %d, %v", len(got), len(data), err)
	}
}

// writes records the methods of requests that change something, and how many bytes they brought.
type writes struct {
	mu      sync.Mutex
	methods []string
	bytes   atomic.Int64
}

func (w *writes) record(r *http.Request) {
	if r.Method == http.MethodGet && !strings.Contains(r.URL.Path, "/uploads/") || r.Method == http.MethodHead {
		return
	}
	w.mu.Lock()
	w.methods = append(w.methods, r.Method)
	w.mu.Unlock()
	r.Body = counted{r.Body, &w.bytes}
}

func (w *writes) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.methods, " ")
}

type counted struct {
	io.ReadCloser
	bytes *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.bytes.Add(int64(n))
	return n, err
}

// TestPush pushes a blob in one piece and in chunks, and a manifest, and reads them back.
func TestPush(t *testing.T) {
	for kind, s := range targets(t) {
		t.Run(kind, func(t *testing.T) {
			c := s.client(t)
			repository := s.repository("new/repository")
			to := c.Target(repository)
			data, d := blob(1, 4<<20)
			if there, err := to.Exists(t.Context(), d); there || err != nil {
				t.Fatalf("before: %v, %v", there, err)
			}
			if err := to.PushBlob(t.Context(), d, int64(len(data)), from(data)); err != nil {
				t.Fatal(err)
			}
			seen := &writes{}
			s.fault = func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.ContentLength > 1<<20 {
						w.WriteHeader(http.StatusRequestEntityTooLarge)
						return
					}
					seen.record(r)
					next.ServeHTTP(w, r)
				})
			}
			chunked, chunkedDigest := blob(2, 3<<20+5)
			if err := to.PushBlob(t.Context(), chunkedDigest, int64(len(chunked)), from(chunked)); err != nil {
				t.Fatal(err)
			}
			if got := seen.String(); got != "POST GET PATCH PATCH PATCH PATCH PUT" {
				t.Errorf("in chunks: %s", got)
			}
			s.fault = nil
			empty := []byte("{}")
			if err := to.PushBlob(t.Context(), digest.FromBytes(empty), 2, from(empty)); err != nil {
				t.Fatal(err)
			}
			wantContent(t, c, repository, data)
			wantContent(t, c, repository, chunked)
			manifest := fmt.Appendf(nil, `{
   "schemaVersion": 2, "mediaType": "%s",
   "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "%s", "size": 2},
   "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": "%s", "size": %d}]
}`, oci.TypeManifest, digest.FromBytes(empty), d, len(data))
			for _, name := range []string{"v1", digest.FromBytes(manifest).String()} {
				if err := to.PushManifest(t.Context(), name, oci.TypeManifest, manifest); err != nil {
					t.Fatal(err)
				}
				body, mediaType, _, err := c.Source(repository).Manifest(t.Context(), name)
				if err != nil || !bytes.Equal(body, manifest) || mediaType != oci.TypeManifest {
					t.Errorf("%s: %q, %s, %v", name, body, mediaType, err)
				}
				if got, err := to.Resolve(t.Context(), name); err != nil || got != digest.FromBytes(manifest) {
					t.Errorf("%s: %s, %v", name, got, err)
				}
			}
		})
	}
}

// TestTokensOfAPush counts the requests for tokens: one for reading, and one for writing and all that comes after it.
func TestTokensOfAPush(t *testing.T) {
	s, _ := bearer(t, newAuthority(t), "")
	c := s.client(t)
	to := c.Target(s.repository("a/b"))
	for i := range uint64(3) {
		data, d := blob(i, 100)
		if _, err := to.Exists(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		if err := to.PushBlob(t.Context(), d, 100, from(data)); err != nil {
			t.Fatal(err)
		}
	}
	s.mu.Lock()
	tokens := slices.DeleteFunc(slices.Clone(s.requests), func(r string) bool { return !strings.Contains(r, "token") })
	s.mu.Unlock()
	want := []string{"GET token of repository:a/b:pull as puller", "GET token of repository:a/b:pull,push as puller"}
	if !slices.Equal(tokens, want) {
		t.Errorf("got %q, want %q", tokens, want)
	}
}

// TestUploadThatIsCut breaks the connection in the middle of an upload, several times.
func TestUploadThatIsCut(t *testing.T) {
	for kind, s := range targets(t) {
		t.Run(kind, func(t *testing.T) {
			data, d := blob(3, 4<<20)
			seen, cuts := &writes{}, atomic.Int64{}
			s.fault = func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					seen.record(r)
					if r.ContentLength < 1<<20 || cuts.Add(1) > 3 {
						next.ServeHTTP(w, r)
						return
					}
					r.Body = struct {
						io.Reader
						io.Closer
					}{io.MultiReader(io.LimitReader(r.Body, 1<<20), broken{}), r.Body}
					next.ServeHTTP(httptest.NewRecorder(), r)
					panic(http.ErrAbortHandler)
				})
			}
			defer func() { s.fault = nil }()
			c := s.client(t)
			repository := s.repository("cut/off")
			if err := c.Target(repository).PushBlob(t.Context(), d, int64(len(data)), from(data)); err != nil {
				t.Fatal(err)
			}
			wantContent(t, c, repository, data)
			if seen.bytes.Load() > int64(len(data)) {
				t.Errorf("the registry got %d bytes for %d: %s", seen.bytes.Load(), len(data), seen)
			}
		})
	}
}

// broken is the body of a request whose client is gone.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestMount mounts blobs that the registry lets the user read, and uploads those that it does not.
func TestMount(t *testing.T) {
	for kind, s := range targets(t) {
		t.Run(kind, func(t *testing.T) {
			c := s.client(t)
			data, d := blob(4, 1000)
			source, target := s.repository("from/here"), s.repository("to/there")
			if err := c.Target(source).PushBlob(t.Context(), d, 1000, from(data)); err != nil {
				t.Fatal(err)
			}
			if ok, err := c.Target(target).Mount(t.Context(), d, source); !ok || err != nil {
				t.Errorf("mount: %v, %v", ok, err)
			}
			wantContent(t, c, target, data)
			other, otherDigest := blob(5, 1000)
			for _, path := range []string{"from/here", private + "place"} {
				if ok, err := c.Target(target).Mount(t.Context(), otherDigest, s.repository(path)); ok || err != nil {
					t.Errorf("%s: %v, %v", path, ok, err)
				}
			}
			if err := c.Target(target).PushBlob(t.Context(), otherDigest, 1000, from(other)); err != nil {
				t.Fatal(err)
			}
			wantContent(t, c, target, other)
		})
	}
}

// TestCopyWithinOneRegistry copies 200 blobs with four permits: each is read from the registry while it is written to it.
func TestCopyWithinOneRegistry(t *testing.T) {
	for kind, s := range targets(t) {
		t.Run(kind, func(t *testing.T) {
			c := s.client(t)
			source, target := s.repository("from/here"), s.repository("to/there")
			var now, most atomic.Int64
			count := func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					n := now.Add(1)
					defer now.Add(-1)
					for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
					}
					next.ServeHTTP(w, r)
				})
			}
			seed(t, c, source, copies)
			s.fault = count
			copyAll(t, c, source, target, copies)
			s.fault = nil
			if most.Load() > 8 {
				t.Errorf("%d requests at once", most.Load())
			}
			data, _ := blob(199, 20_000)
			wantContent(t, c, target, data)
		})
	}
}

const copies = 200

// seed pushes n blobs, which copyAll copies.
func seed(t *testing.T, c *registry.Client, to oci.Repository, n uint64) {
	t.Helper()
	for i := range n {
		data, d := blob(i, 20_000)
		if err := c.Target(to).PushBlob(t.Context(), d, int64(len(data)), from(data)); err != nil {
			t.Fatal(err)
		}
	}
}

func copyAll(t *testing.T, c *registry.Client, source, target oci.Repository, n uint64) {
	t.Helper()
	var all sync.WaitGroup
	for i := range n {
		_, d := blob(i, 20_000)
		all.Go(func() {
			ctx, release, err := c.Take(t.Context(), source, target)
			if err != nil {
				t.Error(err)
				return
			}
			defer release()
			err = c.Target(target).PushBlob(ctx, d, 20_000, func(offset int64) (io.ReadCloser, error) {
				return c.Source(source).Blob(ctx, d, 20_000, offset)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// TestRegistryThatIsBusyHalfOfTheTime answers 429 to half of all requests, in no order that the requests of a copy could keep in step with.
func TestRegistryThatIsBusyHalfOfTheTime(t *testing.T) {
	for kind, s := range targets(t) {
		t.Run(kind, func(t *testing.T) {
			c := s.client(t, func(o *registry.Options) { o.Sleep = nil })
			source, target := s.repository("from/here"), s.repository("to/there")
			seed(t, c, source, copies)
			var busy atomic.Int64
			s.fault = func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if rand.IntN(2) == 0 {
						busy.Add(1)
						w.Header().Set("Retry-After", "0")
						w.WriteHeader(http.StatusTooManyRequests)
						return
					}
					next.ServeHTTP(w, r)
				})
			}
			copyAll(t, c, source, target, copies)
			s.fault = nil
			if busy.Load() < copies/2 {
				t.Errorf("the registry was busy %d times", busy.Load())
			}
			for i := range uint64(copies) {
				if _, d := blob(i, 20_000); !exists(t, c, target, d) {
					t.Errorf("blob %d is not there", i)
				}
			}
		})
	}
}

func exists(t *testing.T, c *registry.Client, repository oci.Repository, d oci.Digest) bool {
	t.Helper()
	there, err := c.Target(repository).Exists(t.Context(), d)
	if err != nil {
		t.Error(err)
	}
	return there
}

// TestProxyThatEndsTLS stands before a registry that speaks plain HTTP and so names http addresses, which nothing may go to.
func TestProxyThatEndsTLS(t *testing.T) {
	var locations []string
	plain := httptest.NewServer(application(t, &configuration.Configuration{}))
	t.Cleanup(plain.Close)
	behind, err := url.Parse(plain.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(behind)
			r.Out.Host = r.In.Host
		},
		ModifyResponse: func(r *http.Response) error {
			if at := r.Header.Get("Location"); at != "" {
				locations = append(locations, at)
			}
			return nil
		},
	}
	s := serve(t, newAuthority(t), proxy)
	c := s.client(t)
	data, d := blob(6, 3<<20)
	s.fault = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ContentLength > 1<<20 {
				w.WriteHeader(http.StatusRequestEntityTooLarge)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	if err := c.Target(s.repository("a/b")).PushBlob(t.Context(), d, int64(len(data)), from(data)); err != nil {
		t.Fatal(err)
	}
	if len(locations) < 4 || !strings.HasPrefix(locations[0], "http://"+s.host()+"/v2/a/b/blobs/uploads/") {
		t.Errorf("the registry named %q", locations)
	}
	if ok, err := c.Target(s.repository("a/c")).Mount(t.Context(), d, s.repository("a/b")); !ok || err != nil {
		t.Errorf("mount: %v, %v", ok, err)
	}
	if ok, err := c.Target(s.repository("a/c")).Mount(t.Context(), digest.FromString(strconv.Itoa(1)), s.repository("a/b")); ok || err != nil {
		t.Errorf("mount of nothing: %v, %v", ok, err)
	}
	wantContent(t, c, s.repository("a/b"), data)
	wantContent(t, c, s.repository("a/c"), data)
}
