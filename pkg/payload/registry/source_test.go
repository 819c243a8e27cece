package registry

import (
	"io"
	"maps"
	"net/http"
	"path"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// answering is a client whose hosts are answered for by a function instead of a network.
func answering(answer func(*http.Request) *http.Response) *Client {
	c := New(Options{})
	c.base = func(func(string) transport.Route) http.RoundTripper {
		return transport.Func(func(r *http.Request) (*http.Response, error) {
			response := answer(r)
			response.Request = r
			if response.Header == nil {
				response.Header = http.Header{}
			}
			if response.Body == nil {
				response.Body = http.NoBody
			}
			return response, nil
		})
	}
	return c
}

// TestManifestCrossesFiveFiles: who reads how one manifest is fetched reads at most five files of this module. The links of
// internal/transport, each in a file of its own by design and understood alone, are not counted. The request runs in a goroutine of
// its own, in which the functions of source.go and places.go appear as closures; what is above them is the caller.
func TestManifestCrossesFiveFiles(t *testing.T) {
	module := path.Dir(path.Dir(path.Dir(reflect.TypeFor[Client]().PkgPath())))
	var mu sync.Mutex
	crossed := map[string]bool{}
	c := answering(func(*http.Request) *http.Response {
		mu.Lock()
		defer mu.Unlock()
		pcs := make([]uintptr, 200)
		frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
		for more := true; more; {
			var f runtime.Frame
			f, more = frames.Next()
			dir, file := filepath.Split(f.File) // a closure that was inlined has the name of another package
			if strings.HasPrefix(f.Function, module+"/") && !strings.HasSuffix(dir, "internal/transport/") && !strings.HasSuffix(file, "_test.go") {
				crossed[f.File] = true
			}
		}
		return &http.Response{StatusCode: http.StatusOK}
	})
	if _, _, _, err := c.Source(oci.Repository{Host: "a.example", Path: "org/r"}).Manifest(t.Context(), "t"); err != nil {
		t.Fatal(err)
	}
	files := slices.Sorted(maps.Keys(crossed))
	if len(files) > 5 || len(files) < 3 {
		t.Errorf("a manifest crosses %d files: %s", len(files), strings.Join(files, ", "))
	}
}

func TestResolve(t *testing.T) {
	const body = `{"schemaVersion":2}`
	declared := digest.FromString("declared")
	header := func(pairs ...string) http.Header {
		h := http.Header{"Content-Type": {oci.TypeIndex + "; charset=utf-8"}}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	for name, test := range map[string]struct {
		head  *http.Response
		want  oci.Descriptor
		kind  fault.Kind
		asked string
	}{
		"HEAD says all":    {&http.Response{StatusCode: 200, Header: header("Docker-Content-Digest", declared.String(), "Content-Length", "19")}, oci.Descriptor{MediaType: oci.TypeIndex, Digest: declared, Size: 19}, 0, "HEAD"},
		"no digest":        {&http.Response{StatusCode: 200, Header: header("Content-Length", "19")}, oci.Descriptor{MediaType: oci.TypeIndex, Digest: digest.FromString(body), Size: 19}, 0, "HEAD GET"},
		"no length":        {&http.Response{StatusCode: 200, Header: header("Docker-Content-Digest", declared.String())}, oci.Descriptor{MediaType: oci.TypeIndex, Digest: digest.FromString(body), Size: 19}, 0, "HEAD GET"},
		"HEAD not known":   {&http.Response{StatusCode: 405}, oci.Descriptor{MediaType: oci.TypeIndex, Digest: digest.FromString(body), Size: 19}, 0, "HEAD GET"},
		"a malformed one":  {&http.Response{StatusCode: 200, Header: header("Docker-Content-Digest", "sha256:../x", "Content-Length", "19")}, oci.Descriptor{MediaType: oci.TypeIndex, Digest: digest.FromString(body), Size: 19}, 0, "HEAD GET"},
		"it is not there":  {&http.Response{StatusCode: 404}, oci.Descriptor{}, fault.NotFound, "HEAD"},
		"it may not be":    {&http.Response{StatusCode: 403}, oci.Descriptor{}, fault.Auth, "HEAD"},
		"no other answers": {&http.Response{StatusCode: 404, Header: header("Docker-Content-Digest", declared.String())}, oci.Descriptor{}, fault.NotFound, "HEAD"},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			c := answering(func(r *http.Request) *http.Response {
				asked = append(asked, r.Method)
				if r.Method == http.MethodHead {
					return test.head
				}
				return &http.Response{StatusCode: 200, Header: header(), Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
			})
			got, err := c.Source(oci.Repository{Host: "a.example", Path: "org/r"}).Resolve(t.Context(), "t")
			if fault.KindOf(err) != test.kind || (err == nil) != (test.kind == 0) {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, test.want) || strings.Join(asked, " ") != test.asked {
				t.Errorf("got %+v by %v", got, asked)
			}
		})
	}
}
