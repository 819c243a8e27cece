package registry_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testguard"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
)

// gauge counts the requests that are under way.
type gauge struct{ now, most atomic.Int64 }

// layer counts a request from its arrival until the last byte of its answer is sent, so that it never counts one that the client
// has read completely.
func (g *gauge) layer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := g.now.Add(1)
		for most := g.most.Load(); now > most && !g.most.CompareAndSwap(most, now); most = g.most.Load() {
		}
		recorder := httptest.NewRecorder()
		next.ServeHTTP(recorder, r)
		for name, values := range recorder.Header() {
			w.Header()[name] = values
		}
		body := recorder.Body.Bytes()
		last := max(0, len(body)-1)
		if last > 0 {
			w.WriteHeader(recorder.Code)
			_, _ = w.Write(body[:last])
		}
		g.now.Add(-1)
		if last == 0 {
			w.WriteHeader(recorder.Code)
		}
		_, _ = w.Write(body[last:])
	})
}

// refuseHalf answers 429 to half of all requests.
func refuseHalf() layer {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(1, 2))
	return intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if random.IntN(2) == 0 {
			return false
		}
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	})
}

// TestCopiesWithinABusyRegistry copies 200 images, each blob being read while it is pushed, and looks at what it copied.
func TestCopiesWithinABusyRegistry(t *testing.T) {
	for name, test := range map[string]struct {
		permits int
		most    int64 // requests at once
		layers  []layer
	}{
		"four permits":            {4, 4, nil},
		"half of it is refused":   {4, 4, []layer{refuseHalf()}},
		"a copy needs two of one": {1, 2, []layer{refuseHalf()}},
	} {
		t.Run(name, func(t *testing.T) {
			var g gauge
			s := start(t, newHTTP, append([]layer{g.layer}, test.layers...)...)
			from, to := oci.Repository{Host: s.host, Path: "other/r"}, orgR(s.host)
			c := registry.New(quick(registry.Options{Insecure: []string{s.host}, MaxPerRegistry: test.permits}))
			blobs := make([][]byte, 200)
			for i := range blobs {
				blobs[i] = fmt.Appendf(nil, "blob %d", i)
				s.pushBlob(t, from.Path, blobs[i])
			}
			testguard.Finishes(t, "200 copies", func() {
				var group sync.WaitGroup
				for i, data := range blobs {
					group.Go(func() {
						if err := copyImage(t.Context(), c, from, to, digest.FromBytes(data), data, fmt.Sprint("v", i)); err != nil {
							t.Error(err)
						}
					})
				}
				group.Wait()
			})
			if most := g.most.Load(); most > test.most {
				t.Errorf("%d requests at once, want at most %d", most, test.most)
			}
		})
	}
}

// copyImage copies a blob, pushes an index under a tag, and reads both back.
func copyImage(ctx context.Context, c *registry.Client, from, to oci.Repository, d oci.Digest, data []byte, tag string) error {
	size := int64(len(data))
	held, release, err := c.Take(ctx, from, to)
	if err != nil {
		return err
	}
	err = c.Target(to).PushBlob(held, d, size, func(offset int64) (io.ReadCloser, error) {
		return c.Source(from).Blob(held, d, size, offset)
	})
	release()
	if err != nil {
		return err
	}
	index := fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[],"annotations":{"n":%q}}`, tag)
	if err := c.Target(to).PushManifest(ctx, tag, "application/vnd.oci.image.index.v1+json", index); err != nil {
		return err
	}
	if got, err := c.Target(to).Resolve(ctx, tag); err != nil || got != digest.FromBytes(index) {
		return fmt.Errorf("%s is %s, %w", tag, got, err)
	}
	body, err := c.Source(to).Blob(ctx, d, size, 0)
	if err != nil {
		return err
	}
	defer body.Close()
	if got, err := io.ReadAll(body); err != nil || !bytes.Equal(got, data) {
		return fmt.Errorf("read back %q, %w", got, err)
	}
	return nil
}

// TestTokenNeedsNoPermit has the only permit of a registry held by the request that waits for the token.
func TestTokenNeedsNoPermit(t *testing.T) {
	s := start(t, newHTTP, tokenAnswer(`{"token": "T"}`))
	s.pushImage(t, "org/r", "t")
	o := withFile(s, authFile(t, s.host, "user", "secret"))
	o.MaxPerRegistry = 1
	c := registry.New(o)
	testguard.Finishes(t, "a request with a token", func() {
		if _, _, _, err := c.Manifest(t.Context(), orgR(s.host), "t"); err != nil {
			t.Error(err)
		}
		if err := push(t, c, s, []byte("data")); err != nil {
			t.Error(err)
		}
	})
}

// TestBlobsFromStorageAreLimited reads blobs that a registry has elsewhere.
func TestBlobsFromStorageAreLimited(t *testing.T) {
	var g gauge
	storage := start(t, newHTTP, g.layer)
	s := start(t, newHTTP, intercept(func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, storage.URL+r.URL.Path, http.StatusTemporaryRedirect)
		return true
	}))
	c := registry.New(quick(registry.Options{Insecure: []string{s.host, storage.host}, MaxPerRegistry: 2}))
	data := bigBlob(mebibyte)
	storage.pushBlob(t, "org/r", data)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() { wantBlob(t, c, s, data) })
	}
	group.Wait()
	if most := g.most.Load(); most > 2 {
		t.Errorf("%d requests to the storage at once, want at most 2", most)
	}
}

// TestUploadToARegistryThatRefusesEverySecondRequest sends one request at a time, so that the same kind could be refused for ever.
func TestUploadToARegistryThatRefusesEverySecondRequest(t *testing.T) {
	for refused, want := range []string{"POST PUT PUT", "POST POST PUT PUT"} {
		var n atomic.Int64
		s := start(t, newHTTP, intercept(func(w http.ResponseWriter, _ *http.Request) bool {
			switch k := int(n.Add(1)); {
			case k > 100:
				panic(http.ErrAbortHandler)
			case k%2 == refused:
				w.Header().Set("Retry-After", "0")
				w.WriteHeader(http.StatusTooManyRequests)
				return true
			}
			return false
		}))
		if err := push(t, anyClient(s), s, []byte("data")); err != nil {
			t.Error(err)
		}
		if got := methods(s.asked()); got != want {
			t.Errorf("requests %s, want %s", got, want)
		}
	}
}
