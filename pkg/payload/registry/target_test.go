package registry_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
	"github.com/release-x/oc-release-x/pkg/payload/registry/mirrors"
)

// opener opens data from a byte on and counts how often.
func opener(data []byte, opened *int) func(int64) (io.ReadCloser, error) {
	return func(from int64) (io.ReadCloser, error) {
		*opened++
		return io.NopCloser(bytes.NewReader(data[from:])), nil
	}
}

// push uploads data to org/r.
func push(t *testing.T, c *registry.Client, s *server, data []byte) error {
	t.Helper()
	var opened int
	return c.Target(orgR(s.host)).PushBlob(t.Context(), digest.FromBytes(data), int64(len(data)), opener(data, &opened))
}

// wantBlob reads a blob back.
func wantBlob(t *testing.T, c *registry.Client, s *server, data []byte) {
	t.Helper()
	got, err := readBlob(t, c, orgR(s.host), digest.FromBytes(data), int64(len(data)))
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("read back %d bytes of %d, %v", len(got), len(data), err)
	}
}

// methods are the methods of requests, in order.
func methods(requests []string) string {
	var list []string
	for _, r := range requests {
		method, _, _ := strings.Cut(r, " ")
		list = append(list, method)
	}
	return strings.Join(list, " ")
}

// intercept answers the requests for which answer is true itself.
func intercept(answer func(w http.ResponseWriter, r *http.Request) bool) layer {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !answer(w, r) {
				next.ServeHTTP(w, r)
			}
		})
	}
}

// first returns a function that is true the first n times.
func first(n int64) func() bool {
	var count atomic.Int64
	return func() bool { return count.Add(1) <= n }
}

func TestPushAndReadBack(t *testing.T) {
	s := start(t, newHTTP)
	c := anyClient(s)
	to := c.Target(orgR(s.host))
	data := bigBlob(4 * mebibyte)
	d := digest.FromBytes(data)
	if there, err := to.Exists(t.Context(), d); there || err != nil {
		t.Fatalf("before: %v, %v", there, err)
	}
	if err := push(t, c, s, data); err != nil {
		t.Fatal(err)
	}
	if err := push(t, c, s, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if err := push(t, c, s, nil); err != nil {
		t.Fatalf("an empty blob: %v", err)
	}
	if there, err := to.Exists(t.Context(), d); !there || err != nil {
		t.Fatalf("after: %v, %v", there, err)
	}
	if got := methods(s.asked()); got != "HEAD POST PUT POST PUT POST PUT HEAD" {
		t.Errorf("requests %s", got)
	}
	wantBlob(t, c, s, data)
	manifest := fmt.Sprintf(`{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"%s","size":2},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"%s","size":%d}]}`+"\n",
		ociManifest, digest.FromString("{}"), d, len(data))
	if _, err := to.Resolve(t.Context(), "v1"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("resolve before: %v", err)
	}
	for _, name := range []string{"v1", digest.FromString(manifest).String()} {
		if err := to.PushManifest(t.Context(), name, ociManifest, []byte(manifest)); err != nil {
			t.Fatal(err)
		}
		body, mediaType, _, err := to.Manifest(t.Context(), name)
		if err != nil || string(body) != manifest || mediaType != ociManifest {
			t.Errorf("%s: %s, %s, %v", name, body, mediaType, err)
		}
		if got, err := to.Resolve(t.Context(), name); err != nil || got != digest.FromString(manifest) {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}

func TestMirrorRulesNeverTouchAPush(t *testing.T) {
	s, mirror := start(t, newHTTP), start(t, newHTTP)
	set := filepath.Join(t.TempDir(), "idms.yaml")
	writeFile(t, set, "apiVersion: config.openshift.io/v1\nkind: ImageDigestMirrorSet\nspec:\n  imageDigestMirrors:\n  - source: "+
		s.host+"\n    mirrors: ["+mirror.host+"]\n    mirrorSourcePolicy: NeverContactSource\n")
	c := registry.New(quick(registry.Options{Insecure: []string{s.host, mirror.host}, Mirrors: mirrors.Files{IDMS: []string{set}}}))
	data := []byte("data")
	to := c.Target(orgR(s.host))
	if err := push(t, c, s, data); err != nil {
		t.Fatal(err)
	}
	if there, err := to.Exists(t.Context(), digest.FromBytes(data)); !there || err != nil {
		t.Errorf("exists: %v, %v", there, err)
	}
	manifest := []byte(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}`)
	if err := to.PushManifest(t.Context(), "t", "application/vnd.oci.image.index.v1+json", manifest); err != nil {
		t.Error(err)
	}
	if _, err := to.Resolve(t.Context(), digest.FromBytes(manifest).String()); err != nil {
		t.Error(err)
	}
	if asked := mirror.asked(); len(asked) > 0 {
		t.Errorf("the mirror was asked %q", asked)
	}
}

func TestUploadsThatBreakOff(t *testing.T) {
	data := bigBlob(4 * mebibyte)
	for name, test := range map[string]struct {
		layer  func() layer
		want   string // methods
		opened int
	}{
		"a POST that is refused twice": {func() layer {
			twice := first(2)
			return intercept(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPost && twice() {
					w.WriteHeader(http.StatusServiceUnavailable)
					return true
				}
				return false
			})
		}, "POST POST POST PUT", 1},
		"a PUT that is busy": {func() layer {
			once := first(1)
			return intercept(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPut && once() {
					w.WriteHeader(http.StatusTooManyRequests)
					return true
				}
				return false
			})
		}, "POST PUT PUT", 2},
		"a busy PUT of which some was read": {func() layer {
			once := first(1)
			return func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodPut && once() {
						r.Body = io.NopCloser(io.MultiReader(io.LimitReader(r.Body, 1<<20), failing{io.ErrUnexpectedEOF}))
						next.ServeHTTP(httptest.NewRecorder(), r)
						w.WriteHeader(http.StatusServiceUnavailable)
						return
					}
					next.ServeHTTP(w, r)
				})
			}
		}, "POST PUT PUT GET PATCH PUT", 3},
		"a session that is lost": {func() layer {
			once := first(1)
			return intercept(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/uploads/") {
					w.WriteHeader(http.StatusNotFound)
					return true
				}
				if r.Method == http.MethodPut && once() {
					_, _ = io.CopyN(io.Discard, r.Body, 1<<20)
					panic(http.ErrAbortHandler)
				}
				return false
			})
		}, "POST PUT GET HEAD POST PUT", 2},
		"a PUT whose answer is lost": {func() layer {
			once := first(1)
			return func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodPut && once() {
						next.ServeHTTP(httptest.NewRecorder(), r)
						panic(http.ErrAbortHandler)
					}
					next.ServeHTTP(w, r)
				})
			}
		}, "POST PUT GET HEAD", 1},
		"a registry that takes no blob in one PUT": {func() layer {
			return intercept(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPut && r.ContentLength > 0 {
					w.WriteHeader(http.StatusMethodNotAllowed)
					return true
				}
				return false
			})
		}, "POST PUT GET PATCH PUT", 2},
		"a proxy that takes 1 MiB": {func() layer {
			return intercept(func(w http.ResponseWriter, r *http.Request) bool {
				if r.ContentLength > 1<<20 {
					w.WriteHeader(http.StatusRequestEntityTooLarge)
					return true
				}
				return false
			})
		}, "POST PUT GET PATCH PATCH PATCH PATCH PUT", 5},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, newHTTP, test.layer())
			c := anyClient(s)
			opened := 0
			err := c.Target(orgR(s.host)).PushBlob(t.Context(), digest.FromBytes(data), int64(len(data)), opener(data, &opened))
			if err != nil {
				t.Fatal(err)
			}
			if got := methods(s.asked()); got != test.want {
				t.Errorf("requests %s, want %s", got, test.want)
			}
			if opened != test.opened {
				t.Errorf("opened %d times, want %d", opened, test.opened)
			}
			wantBlob(t, c, s, data)
		})
	}
}

func TestInterruptedUploadContinuesWhereItBrokeOff(t *testing.T) {
	data := bigBlob(4 * mebibyte)
	half := int64(len(data) / 2)
	once := first(1)
	var rest []string
	// The registry answers as distribution does: it keeps what arrived.
	s := serve(t, newHTTP, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const session = "/v2/org/r/blobs/uploads/session"
		switch {
		case r.Method == http.MethodPost:
			w.Header().Set("Location", session+"?state=1")
			w.WriteHeader(http.StatusAccepted)
		case r.Method == http.MethodPut && once():
			_, _ = io.CopyN(io.Discard, r.Body, half)
			panic(http.ErrAbortHandler)
		case r.Method == http.MethodGet:
			w.Header().Set("Location", session+"?state=2")
			w.Header().Set("Range", fmt.Sprintf("0-%d", half-1))
			w.WriteHeader(http.StatusNoContent)
		case r.Method == http.MethodPatch:
			body, _ := io.ReadAll(r.Body)
			rest = append(rest, r.URL.RawQuery, r.Header.Get("Content-Range"), fmt.Sprint(bytes.Equal(body, data[half:])))
			w.Header().Set("Location", session+"?state=3")
			w.WriteHeader(http.StatusAccepted)
		case r.Method == http.MethodPut:
			rest = append(rest, r.URL.Query().Get("state"), r.URL.Query().Get("digest"), fmt.Sprint(r.ContentLength))
			w.WriteHeader(http.StatusCreated)
		}
	}))
	if err := push(t, anyClient(s), s, data); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("state=2 %d-%d true 3 %s 0", half, len(data)-1, digest.FromBytes(data))
	if got := strings.Join(rest, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := methods(s.asked()); got != "POST PUT GET PATCH PUT" {
		t.Errorf("requests %s", got)
	}
}

func TestUploadThatWasPutTogetherWronglyBeginsAnew(t *testing.T) {
	data := bigBlob(4 * mebibyte)
	once, again := first(1), first(1)
	s := start(t, newHTTP, intercept(func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case r.Method == http.MethodPut && once():
			_, _ = io.CopyN(io.Discard, r.Body, 1<<20)
			panic(http.ErrAbortHandler)
		case r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/uploads/") && again():
			w.Header().Set("Range", "0-1048575")
			w.WriteHeader(http.StatusNoContent)
			return true
		case r.Method == http.MethodPatch:
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return true
		}
		return false
	}))
	c := anyClient(s)
	if err := push(t, c, s, data); err != nil {
		t.Fatal(err)
	}
	if got := methods(s.asked()); got != "POST PUT GET PATCH POST PUT" {
		t.Errorf("requests %s", got)
	}
	wantBlob(t, c, s, data)
}

// answerWith answers the requests of a method with an error document.
func answerWith(method string, status int, document string) layer {
	return intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != method {
			return false
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, document)
		return true
	})
}

func TestPushRefused(t *testing.T) {
	data := []byte("data")
	d := digest.FromBytes(data)
	answer := func(method string, status int, header ...string) layer {
		return intercept(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != method {
				return false
			}
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(status)
			return true
		})
	}
	for name, test := range map[string]struct {
		layer layer
		kind  fault.Kind
		want  string // after the name of the blob
	}{
		"403":                {answer(http.MethodPost, 403), fault.Auth, "HOST does not allow pushing without credentials; there are none for it: there is not a file to look into (403 Forbidden); use a credential that may push, with --authfile or --to-authfile"},
		"404":                {answer(http.MethodPost, 404), fault.NotFound, "HOST does not take pushes to it (404); create the repository first"},
		"405":                {answer(http.MethodPost, 405), fault.Network, "HOST does not take pushes (405 Method Not Allowed): it is read-only"},
		"quota of Harbor":    {answerWith(http.MethodPut, 403, `{"errors":[{"code":"DENIED","message":"adding 1 MiB of storage resource, which will exceed the configured upper limit of 10 MiB"}]}`), fault.Network, "HOST has no room for it (403 Forbidden); raise the registry's quota or limit of sizes, or delete what it need not keep"},
		"quota of Quay":      {answerWith(http.MethodPost, 403, `{"errors":[{"code":"QUOTA_EXCEEDED","message":"x"}]}`), fault.Network, "HOST has no room for it (403 Forbidden); raise the registry's quota or limit of sizes, or delete what it need not keep"},
		"a code":             {answerWith(http.MethodPost, 400, `{"errors":[{"code":"NAME_INVALID","message":"x"}]}`), fault.Network, "HOST answered 400 Bad Request (NAME_INVALID)"},
		"no room":            {answer(http.MethodPut, 507), fault.Network, "HOST has no room for it (507 Insufficient Storage); raise the registry's quota or limit of sizes, or delete what it need not keep"},
		"another digest":     {answer(http.MethodPut, 201, "Docker-Content-Digest", string(digest.FromString("x"))), fault.Integrity, "HOST says that it stored " + string(digest.FromString("x"))},
		"no location":        {answer(http.MethodPost, 202), fault.Network, "HOST does not say where to upload to"},
		"plain location":     {answer(http.MethodPost, 202, "Location", "http://storage.example/x"), fault.Network, "HOST sends uploads to http://storage.example, which is not encrypted"},
		"link-local":         {answer(http.MethodPost, 202, "Location", "https://169.254.169.254/x"), fault.Network, "HOST sends uploads to 169.254.169.254, a loopback or link-local address"},
		"a password":         {answer(http.MethodPost, 202, "Location", "https://u:p@storage.example/x"), fault.Network, "HOST sends uploads to an address with a user name in it"},
		"always interrupted": {answer(http.MethodPut, 502), fault.Network, "HOST answered 502 Bad Gateway, 5 times"},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, newHTTP, test.layer)
			err := push(t, anyClient(s), s, data)
			if err == nil {
				t.Fatal("got no error")
			}
			wantFault(t, err, test.kind, "pushing blob "+d.String()+" of "+s.host+"/org/r: "+strings.ReplaceAll(test.want, "HOST", s.host))
		})
	}
}

// Storage that signs addresses for GET alone refuses HEAD.
func TestBlobExistsWhereStorageRefusesHEAD(t *testing.T) {
	storage := serve(t, newHTTP, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, "data")
	}))
	s := serve(t, newHTTP, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, storage.URL+"/blob", http.StatusTemporaryRedirect)
	}))
	c := registry.New(quick(registry.Options{Insecure: []string{s.host, storage.host}}))
	if there, err := c.Target(orgR(s.host)).Exists(t.Context(), digest.FromString("data")); !there || err != nil {
		t.Errorf("got %v, %v", there, err)
	}
	if got := methods(s.asked()); got != "HEAD GET" {
		t.Errorf("requests %s", got)
	}
}

// Token servers differ in whether a token that lacks a permission is refused or smaller.
func TestPushWithATokenThatMayOnlyPull(t *testing.T) {
	s := start(t, newHTTP, intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/token" {
			_, _ = io.WriteString(w, `{"token":"for pulling"}`)
			return true
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+r.Host+`/token",service="s",scope="repository:org/r:pull,push"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}))
	file := authFile(t, s.host, "user", "secret")
	data := []byte("data")
	wantFault(t, push(t, registry.New(withFile(s, file)), s, data), fault.Auth, "pushing blob "+digest.FromBytes(data).String()+" of "+s.host+"/org/r: "+
		s.host+" does not allow pushing with the entry "+s.host+" of "+file+" (401 Unauthorized); use a credential that may push, with --authfile or --to-authfile")
}

// Some token servers refuse a token of which they do not grant all permissions. What a refused mount asked for must not spoil uploads.
func TestUploadAfterAMountThatTheTokenServerRefuses(t *testing.T) {
	s := start(t, newHTTP, intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/token" {
			if strings.Contains(strings.Join(r.URL.Query()["scope"], " "), "private") {
				w.WriteHeader(http.StatusUnauthorized)
				return true
			}
			_, _ = io.WriteString(w, `{"token":"t"}`)
			return true
		}
		scope := "repository:org/r:pull,push"
		from := r.URL.Query().Get("from")
		if from != "" {
			scope += " repository:" + from + ":pull"
		}
		if from == "" && r.Header.Get("Authorization") == "Bearer t" {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+r.Host+`/token",service="s",scope="`+scope+`"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}))
	c := registry.New(withFile(s, authFile(t, s.host, "user", "secret")))
	for i := range 2 {
		data := fmt.Appendf(nil, "data %d", i)
		if mounted, err := c.Target(orgR(s.host)).Mount(t.Context(), digest.FromBytes(data), oci.Repository{Host: s.host, Path: "private/r"}); mounted || err != nil {
			t.Errorf("mount: %v, %v", mounted, err)
		}
		if err := push(t, c, s, data); err != nil {
			t.Error(err)
		}
	}
}

func TestManifestWithAnotherDigestIsRefused(t *testing.T) {
	s := start(t, newHTTP, intercept(func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Docker-Content-Digest", string(digest.FromString("x")))
		w.WriteHeader(http.StatusCreated)
		return true
	}))
	err := anyClient(s).Target(orgR(s.host)).PushManifest(t.Context(), "t", ociManifest, []byte(`{"schemaVersion":2}`))
	wantFault(t, err, fault.Integrity, "pushing "+s.host+"/org/r:t: "+s.host+" says that it stored "+string(digest.FromString("x")))
}

func TestManifestIsSentAgainWhole(t *testing.T) {
	twice := first(2)
	s := start(t, newHTTP, intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut && twice() {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusBadGateway)
			return true
		}
		return false
	}))
	manifest := []byte(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}`)
	to := anyClient(s).Target(orgR(s.host))
	if err := to.PushManifest(t.Context(), "t", "application/vnd.oci.image.index.v1+json", manifest); err != nil {
		t.Fatal(err)
	}
	if body, _, _, err := to.Manifest(t.Context(), "t"); err != nil || !bytes.Equal(body, manifest) {
		t.Errorf("got %s, %v", body, err)
	}
}

func TestErrorsOfTheBlobItselfEndAnUpload(t *testing.T) {
	s := start(t, newHTTP)
	gone := errors.New("the disk is gone")
	c := anyClient(s)
	for name, open := range map[string]func(int64) (io.ReadCloser, error){
		"opening": func(int64) (io.ReadCloser, error) { return nil, gone },
		"reading": func(int64) (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(strings.NewReader("some"), failing{gone})), nil
		},
	} {
		err := c.Target(orgR(s.host)).PushBlob(t.Context(), digest.FromString("x"), 100, open)
		if err != gone {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// failing is a reader that fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestMountOrUpload(t *testing.T) {
	s := start(t, newHTTP)
	c := anyClient(s)
	other := oci.Repository{Host: s.host, Path: "other/r"}
	d := s.pushBlob(t, "other/r", []byte("data"))
	if ok, err := c.Target(orgR(s.host)).Mount(t.Context(), d, other); !ok || err != nil {
		t.Errorf("mount: %v, %v", ok, err)
	}
	if there, err := c.Target(orgR(s.host)).Exists(t.Context(), d); !there || err != nil {
		t.Errorf("after mount: %v, %v", there, err)
	}
	for _, status := range []int{401, 404, 405, 500} {
		s := start(t, newHTTP, intercept(func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Query().Get("from") != "" {
				w.WriteHeader(status)
				return true
			}
			return false
		}))
		c := anyClient(s)
		if ok, err := c.Target(orgR(s.host)).Mount(t.Context(), d, oci.Repository{Host: s.host, Path: "other/r"}); ok || err != nil {
			t.Errorf("%d: %v, %v", status, ok, err)
		}
		if err := push(t, c, s, []byte("data")); err != nil {
			t.Errorf("%d: %v", status, err)
		}
	}
}

// A proxy that speaks TLS passes the registry's own addresses on, which have its scheme.
func TestUploadKeepsHTTPSBehindAProxy(t *testing.T) {
	s := start(t, newTLS, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(&absolute{w, "http://" + r.Host}, r)
		})
	})
	c := registry.New(quick(registry.Options{CAFile: s.ca(t)}))
	if err := push(t, c, s, []byte("data")); err != nil {
		t.Fatal(err)
	}
}

// absolute makes Locations absolute.
type absolute struct {
	http.ResponseWriter
	base string
}

func (a *absolute) WriteHeader(status int) {
	if at := a.Header().Get("Location"); strings.HasPrefix(at, "/") {
		a.Header().Set("Location", a.base+at)
	}
	a.ResponseWriter.WriteHeader(status)
}

func TestUploadToAnotherHostCarriesNoCredential(t *testing.T) {
	storage := serve(t, newHTTP, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusCreated)
	}))
	s := start(t, newHTTP, intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if user, _, ok := r.BasicAuth(); !ok || user != "user" {
			w.Header().Set("WWW-Authenticate", `Basic realm="r"`)
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}
		if r.Method == http.MethodPost {
			w.Header().Set("Location", storage.URL+"/upload/1")
			w.WriteHeader(http.StatusAccepted)
			return true
		}
		return false
	}))
	o := withFile(s, authFile(t, s.host, "user", "secret"))
	o.Insecure = append(o.Insecure, storage.host)
	if err := push(t, registry.New(o), s, []byte("data")); err != nil {
		t.Fatal(err)
	}
	storage.mu.Lock()
	defer storage.mu.Unlock()
	if len(storage.headers) != 1 || storage.headers[0].Get("Authorization") != "" {
		t.Errorf("the storage got %v", storage.headers)
	}
}

func TestCredentialThatExpiresDuringAnUpload(t *testing.T) {
	put := first(1)
	s := start(t, newHTTP, intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if _, _, ok := r.BasicAuth(); !ok || r.Method == http.MethodPut && put() {
			w.Header().Set("WWW-Authenticate", `Basic realm="r"`)
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}
		return false
	}))
	c := registry.New(withFile(s, authFile(t, s.host, "user", "secret")))
	data := []byte("data")
	if err := push(t, c, s, data); err != nil {
		t.Fatal(err)
	}
	wantBlob(t, c, s, data)
}

func TestTokenThatExpiresAgainAndAgain(t *testing.T) {
	data := bigBlob(4 * mebibyte)
	var uses atomic.Int64
	s := start(t, newHTTP, intercept(func(w http.ResponseWriter, r *http.Request) bool {
		_, _, ok := r.BasicAuth()
		switch {
		case r.Method == http.MethodPut && r.ContentLength > 0:
			w.WriteHeader(http.StatusRequestEntityTooLarge) // so that there are many requests
			return true
		case r.Method == http.MethodPatch && r.ContentLength > 1<<20:
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return true
		case ok && uses.Add(1)%4 != 0:
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="r"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}))
	c := registry.New(withFile(s, authFile(t, s.host, "user", "secret")))
	if err := push(t, c, s, data); err != nil {
		t.Fatal(err)
	}
	if got := methods(s.asked()); got != "POST POST PUT GET PATCH PATCH GET GET PATCH PATCH PATCH GET GET PATCH PUT" {
		t.Errorf("requests %s", got)
	}
}

func TestWrongBytesAreUploadedOnce(t *testing.T) {
	s := start(t, newHTTP)
	c := anyClient(s)
	to, d, opened := c.Target(orgR(s.host)), digest.FromString("right"), 0
	err := to.PushBlob(t.Context(), d, 5, opener([]byte("wrong"), &opened))
	wantFault(t, err, fault.Integrity, "the bytes of blob "+d.String()+" have another digest")
	if got := methods(s.asked()); got != "POST PUT DELETE" || opened != 2 { // once to compare
		t.Errorf("requests %s, opened %d times", got, opened)
	}
	err = to.PushBlob(t.Context(), d, 9, opener([]byte("short"), &opened))
	wantFault(t, err, fault.Integrity, "blob "+d.String()+" has 5 bytes, and not 9")
	if there, err := to.Exists(t.Context(), d); there || err != nil {
		t.Errorf("exists: %v, %v", there, err)
	}
}

func TestManifestOfAnotherDigestIsNotSent(t *testing.T) {
	s := start(t, newHTTP)
	d := digest.FromString("x")
	err := anyClient(s).Target(orgR(s.host)).PushManifest(t.Context(), d.String(), ociManifest, []byte("{}"))
	wantFault(t, err, fault.Integrity, "pushing "+s.host+"/org/r@"+d.String()+": the manifest has the digest "+digest.FromString("{}").String())
	if asked := s.asked(); len(asked) > 0 {
		t.Errorf("requests %q", asked)
	}
}

func TestUploadThatIsGivenUpIsCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	canceled := make(chan string, 1)
	s := start(t, newHTTP, intercept(func(w http.ResponseWriter, r *http.Request) bool {
		switch r.Method {
		case http.MethodPut:
			_, _ = io.Copy(io.Discard, r.Body)
			cancel()
			<-r.Context().Done()
			return true
		case http.MethodDelete:
			canceled <- r.URL.Path
		}
		return false
	}))
	data, opened := []byte("data"), 0
	err := anyClient(s).Target(orgR(s.host)).PushBlob(ctx, digest.FromBytes(data), 4, opener(data, &opened))
	if !errors.Is(err, context.Canceled) || err.Error() != "pushing to "+s.host+"/org/r: context canceled" {
		t.Errorf("got %v", err)
	}
	if path := <-canceled; !strings.HasPrefix(path, "/v2/org/r/blobs/uploads/") {
		t.Errorf("DELETE %s", path)
	}
}

func TestUploadToAnotherHostThatWantsCredentials(t *testing.T) {
	storage := serve(t, newHTTP, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="storage"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	s := start(t, newHTTP, intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost {
			return false
		}
		w.Header().Set("Location", storage.URL+"/upload/1")
		w.WriteHeader(http.StatusAccepted)
		return true
	}))
	data := []byte("data")
	err := push(t, registry.New(quick(registry.Options{Insecure: []string{s.host, storage.host}})), s, data)
	wantFault(t, err, fault.Auth, "pushing blob "+digest.FromBytes(data).String()+" of "+s.host+"/org/r: "+s.host+" sends uploads to "+storage.host+", which answers 401 Unauthorized")
}

// The answer to a mount that is refused may name an upload session, which has to be given up, at an address that says http.
func TestRefusedMountSendsNothingInTheClear(t *testing.T) {
	for name, location := range map[string]string{"the registry's own": "http://HOST/v2/org/r/blobs/uploads/1", "storage": "http://storage.example/1", "link-local": "https://169.254.169.254/1"} {
		t.Run(name, func(t *testing.T) {
			var s *server
			s = start(t, newTLS, intercept(func(w http.ResponseWriter, r *http.Request) bool {
				if _, _, ok := r.BasicAuth(); !ok {
					w.Header().Set("WWW-Authenticate", `Basic realm="r"`)
					w.WriteHeader(http.StatusUnauthorized)
					return true
				}
				if r.Method == http.MethodPost {
					w.Header().Set("Location", strings.Replace(location, "HOST", s.host, 1))
				}
				w.WriteHeader(http.StatusAccepted)
				return true
			}))
			var dialed []string
			o := quick(registry.Options{CAFile: s.ca(t), AuthFile: authFile(t, s.host, "user", "secret")})
			o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				dialed = append(dialed, address)
				return new(net.Dialer).DialContext(ctx, network, address)
			}
			ok, err := registry.New(o).Target(orgR(s.host)).Mount(t.Context(), digest.FromString("x"), oci.Repository{Host: s.host, Path: "other/r"})
			if ok || err != nil {
				t.Errorf("mount: %v, %v", ok, err)
			}
			want := "POST POST"
			if name == "the registry's own" {
				want += " DELETE"
			}
			if got := methods(s.asked()); got != want || len(dialed) != 1 || dialed[0] != s.host {
				t.Errorf("requests %s, want %s; connections to %q", got, want, dialed)
			}
		})
	}
}

// TestPushFromTheSameRegistry reads each blob from the registry that it is pushed to while it is pushed, with one permit.
func TestPushFromTheSameRegistry(t *testing.T) {
	s := start(t, newHTTP)
	c := registry.New(quick(registry.Options{Insecure: []string{s.host}, MaxPerRegistry: 1}))
	from := oci.Repository{Host: s.host, Path: "other/r"}
	to := orgR(s.host)
	var group sync.WaitGroup
	for i := range 20 {
		data := []byte(fmt.Sprint("blob ", i))
		d := s.pushBlob(t, from.Path, data)
		group.Go(func() {
			ctx, release, err := c.Take(t.Context(), from, to)
			if err != nil {
				t.Error(err)
				return
			}
			defer release()
			err = c.Target(to).PushBlob(ctx, d, int64(len(data)), func(offset int64) (io.ReadCloser, error) {
				return c.Source(from).Blob(ctx, d, int64(len(data)), offset)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestHasTags(t *testing.T) {
	list := func(status int, header, body string) layer {
		return intercept(func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "/tags/list") {
				return false
			}
			w.Header().Set("Content-Type", "application/json")
			if header != "" {
				w.Header().Set("Link", header)
			}
			w.WriteHeader(status)
			fmt.Fprint(w, body)
			return true
		})
	}
	for name, test := range map[string]struct {
		answer layer
		want   bool
	}{
		"none":                 {list(http.StatusOK, "", `{"name":"org/r","tags":[]}`), false},
		"null":                 {list(http.StatusOK, "", `{"name":"org/r","tags":null}`), false},
		"one":                  {list(http.StatusOK, "", `{"name":"org/r","tags":["v1"]}`), true},
		"more than was asked":  {list(http.StatusOK, "", `{"name":"org/r","tags":["v1","v2"]}`), true},
		"an empty first page":  {list(http.StatusOK, `</v2/org/r/tags/list?n=1&last=a>; rel="next"`, `{"name":"org/r","tags":[]}`), true},
		"a list without end":   {list(http.StatusOK, "", `{"name":"org/r","tags":["`+strings.Repeat("v", 2*mebibyte)+`"]}`), true},
		"no such repository":   {list(http.StatusNotFound, "", `{"errors":[{"code":"NAME_UNKNOWN"}]}`), false},
		"no such endpoint":     {list(http.StatusNotFound, "", `not found`), true},
		"not allowed":          {list(http.StatusForbidden, "", `{"errors":[{"code":"DENIED"}]}`), true},
		"not allowed to list":  {list(http.StatusMethodNotAllowed, "", `{"errors":[{"code":"UNSUPPORTED"}]}`), true},
		"something else":       {list(http.StatusOK, "", `[]`), true},
		"an answer that lacks": {list(http.StatusOK, "", ``), true},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, newHTTP, test.answer)
			has, err := anyClient(s).Target(orgR(s.host)).HasTags(t.Context())
			if has != test.want || err != nil {
				t.Errorf("got %v, %v, want %v", has, err, test.want)
			}
			if got := methods(s.asked()); got != "GET" {
				t.Errorf("requests %s", got)
			}
		})
	}
	s := start(t, newHTTP)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := anyClient(s).Target(orgR(s.host)).HasTags(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}
