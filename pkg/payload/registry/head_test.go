package registry_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/faultproxy"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

func TestHead(t *testing.T) {
	s := start(t, newHTTP)
	manifest, _ := s.pushImage(t, "org/r", "t")
	d := digest.FromBytes(manifest)
	for _, name := range []string{"t", d.String()} {
		declared, err := anyClient(s).Head(t.Context(), orgR(s.host), name)
		if err != nil || declared != d.String() {
			t.Errorf("%s: declared %q, %v", name, declared, err)
		}
		wantRequests(t, s, "HEAD /v2/org/r/manifests/"+name)
	}
}

func TestHeadSaysWhatTheHeaderSays(t *testing.T) {
	for _, header := range []string{"", "sha256:no", "sha256:" + string(bytes.Repeat([]byte("0"), 64))} {
		s := start(t, newHTTP, faults(faultproxy.Rule{Path: "/manifests/", Fault: faultproxy.Header("Docker-Content-Digest", header)}))
		s.pushImage(t, "org/r", "t")
		declared, err := anyClient(s).Head(t.Context(), orgR(s.host), "t")
		if err != nil || declared != header {
			t.Errorf("%q: declared %q, %v", header, declared, err)
		}
	}
}

func TestHeadThatIsNotKnown(t *testing.T) {
	for _, status := range []int{405, 501} {
		s := start(t, newHTTP, faults(faultproxy.Rule{Path: "/manifests/", Fault: faultproxy.Status(status, nil)}))
		s.pushImage(t, "org/r", "t")
		_, err := anyClient(s).Head(t.Context(), orgR(s.host), "t")
		wantFault(t, err, fault.Network, fmt.Sprintf("getting %[1]s/org/r:t: %[1]s answered %[2]d %[3]s", s.host, status, http.StatusText(status)))
		if answer, ok := errors.AsType[interface {
			error
			Status() int
		}](err); !ok || answer.Status() != status {
			t.Errorf("%d: the error %v does not say so", status, err)
		}
		wantRequests(t, s, "HEAD /v2/org/r/manifests/t")
	}
}

func TestHeadThatFails(t *testing.T) {
	s := start(t, newHTTP)
	s.pushImage(t, "org/r", "t")
	_, err := anyClient(s).Head(t.Context(), orgR(s.host), "u")
	wantFault(t, err, fault.NotFound, "getting "+s.host+"/org/r:u: not found: "+s.host+" answered 404")
	wantRequests(t, s, "HEAD /v2/org/r/manifests/u")
	_, err = anyClient(s).Head(t.Context(), orgR(s.host), "sha256:../x")
	if fault.KindOf(err) != fault.Integrity {
		t.Errorf("got %v", err)
	}
	wantRequests(t, s)
}

func TestHeadIsTriedAgain(t *testing.T) {
	s := start(t, newHTTP, faults(faultproxy.Rule{Path: "/manifests/", Times: 2, Fault: faultproxy.Status(503, nil)}))
	manifest, _ := s.pushImage(t, "org/r", "t")
	declared, err := anyClient(s).Head(t.Context(), orgR(s.host), "t")
	if err != nil || declared != digest.FromBytes(manifest).String() {
		t.Errorf("declared %q, %v", declared, err)
	}
	wantRequests(t, s, "HEAD /v2/org/r/manifests/t", "HEAD /v2/org/r/manifests/t", "HEAD /v2/org/r/manifests/t")
}

func TestBlobFromAByteOn(t *testing.T) {
	const from = 300_000
	blob := bigBlob(mebibyte)
	for name, test := range map[string]struct {
		rules    []faultproxy.Rule
		requests int
		bytes    int64
	}{
		"a range":                {nil, 1, mebibyte - from},
		"a range that breaks":    {[]faultproxy.Rule{{Path: "/blobs/", Times: 1, Fault: faultproxy.Cut(100_000)}}, 2, mebibyte - from},
		"no ranges":              {[]faultproxy.Rule{{Path: "/blobs/", Fault: faultproxy.NoRange()}}, 1, mebibyte},
		"no ranges, and a break": {[]faultproxy.Rule{{Path: "/blobs/", Fault: faultproxy.NoRange()}, {Path: "/blobs/", Times: 1, Fault: faultproxy.Cut(200_000)}}, 2, mebibyte + 200_000},
		"a break, then no range": {[]faultproxy.Rule{{Path: "/blobs/", After: 1, Fault: faultproxy.NoRange()}, {Path: "/blobs/", Times: 1, Fault: faultproxy.Cut(100_000)}}, 2, mebibyte + 100_000},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, newHTTP, faults(test.rules...))
			d := s.pushBlob(t, "org/r", blob)
			b, err := anyClient(s).Blob(t.Context(), orgR(s.host), d, mebibyte, from)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			got, err := io.ReadAll(b)
			if err != nil || !bytes.Equal(got, blob[from:]) {
				t.Errorf("got %d bytes, %v", len(got), err)
			}
			s.Close() // the server has counted what it sent when it has ended
			if n, sent := len(s.asked()), s.bytesSent(); n != test.requests || sent < test.bytes || sent > test.bytes+64<<10 {
				t.Errorf("%d requests, %d bytes sent; want %d, and at least %d", n, sent, test.requests, test.bytes)
			}
		})
	}
}

func TestBlobThatIsShorterThanWhatIsHere(t *testing.T) {
	s := start(t, newHTTP)
	d := s.pushBlob(t, "org/r", bigBlob(1000))
	_, err := anyClient(s).Blob(t.Context(), orgR(s.host), d, 1000, 2000)
	wantFault(t, err, fault.Integrity, blobError(s, d, "HOST gave 1000 bytes, of which 2000 are here already"))
}

func TestHeadBlob(t *testing.T) {
	s := start(t, newHTTP)
	d := s.pushBlob(t, "org/r", bigBlob(1000))
	size, err := anyClient(s).HeadBlob(t.Context(), orgR(s.host), d)
	if err != nil || size != 1000 {
		t.Errorf("size %d, %v", size, err)
	}
	wantRequests(t, s, "HEAD /v2/org/r/blobs/"+d.String())
	absent := digest.FromString("absent")
	if _, err := anyClient(s).HeadBlob(t.Context(), orgR(s.host), absent); fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v", err)
	}
	wantRequests(t, s, "HEAD /v2/org/r/blobs/"+absent.String(), "GET /v2/org/r/blobs/"+absent.String())
}

// head answers HEAD in its own way.
func head(answer http.HandlerFunc) layer {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				answer(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// TestHeadBlobThatSaysNothing: whatever is answered to HEAD but 200 with a length, the first byte decides.
func TestHeadBlobThatSaysNothing(t *testing.T) {
	status := func(code int) layer {
		return head(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
	}
	length := func(text string) layer {
		return head(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", text) })
	}
	// A store that signs GET alone.
	store := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			path, redirected := strings.CutPrefix(r.URL.Path, "/store")
			switch {
			case !redirected:
				http.Redirect(w, r, "/store"+r.URL.Path, http.StatusTemporaryRedirect)
			case r.Method == http.MethodHead:
				w.WriteHeader(http.StatusForbidden)
			default:
				r.URL.Path = path
				next.ServeHTTP(w, r)
			}
		})
	}
	for name, layers := range map[string][]layer{
		"405":                    {status(405)},
		"501":                    {status(501)},
		"500":                    {status(500)},
		"404 until it is cached": {status(404)},
		"403":                    {status(403)},
		"200 without a length":   {status(200)},
		"a length of 0":          {length("0")},
		"no ranges":              {status(405), faults(faultproxy.Rule{Fault: faultproxy.NoRange()})},
		"a store of GET alone":   {store},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, newHTTP, layers...)
			blob := bigBlob(mebibyte)
			d := s.pushBlob(t, "org/r", blob)
			size, err := anyClient(s).HeadBlob(t.Context(), orgR(s.host), d)
			if err != nil || size != mebibyte {
				t.Errorf("size %d, %v", size, err)
			}
			if sent := s.bytesSent(); name != "no ranges" && sent > 1000 {
				t.Errorf("%d bytes were sent, want the first one", sent)
			}
		})
	}
}

func TestHeadBlobNamesTheHostThatAnswers(t *testing.T) {
	storage := serve(t, newHTTP, http.NotFoundHandler())
	s := start(t, newHTTP, to(storage.URL+"/x"))
	d := s.pushBlob(t, "org/r", layerBytes)
	_, err := anyClient(s).HeadBlob(t.Context(), orgR(s.host), d)
	wantFault(t, err, fault.NotFound, blobError(s, d, "not found: "+storage.host+" answered 404"))
	forbidden := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/store" {
				http.Redirect(w, r, "/store", http.StatusTemporaryRedirect)
				return
			}
			w.WriteHeader(http.StatusForbidden)
		})
	}
	s = start(t, newHTTP, forbidden)
	_, err = anyClient(s).HeadBlob(t.Context(), orgR(s.host), d)
	wantFault(t, err, fault.Auth, blobError(s, d, "HOST redirects to an address of its own, which answers 403 Forbidden"))
}

// TestSignInPage: a proxy that wants people to sign in answers everything with 200 and a page.
func TestSignInPage(t *testing.T) {
	page := func(contentType string) layer {
		return func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", contentType)
				fmt.Fprint(w, "<!DOCTYPE html>\n<html><body>Sign in</body></html>")
			})
		}
	}
	const rest = ": a sign-in page or a proxy is in front of the registry; sign in there, or use another address of the registry"
	for _, contentType := range []string{"text/html", "text/html; charset=utf-8"} {
		s := start(t, newHTTP, page(contentType))
		d := digest.FromBytes(layerBytes)
		_, _, _, err := anyClient(s).Manifest(t.Context(), orgR(s.host), "t")
		wantFault(t, err, fault.Auth, manifestError(s, "HOST answered with a web page in place of the manifest"+rest))
		_, err = readBlob(t, anyClient(s), orgR(s.host), d, 11)
		wantFault(t, err, fault.Auth, blobError(s, d, "HOST answered with a web page in place of the blob"+rest))
	}
	// What is only called a page is a blob like any other.
	s := start(t, newHTTP, faults(faultproxy.Rule{Path: "/blobs/", Fault: faultproxy.Header("Content-Type", "text/html")}))
	d := s.pushBlob(t, "org/r", layerBytes)
	if data, err := readBlob(t, anyClient(s), orgR(s.host), d, 11); err != nil || !bytes.Equal(data, layerBytes) {
		t.Errorf("got %q, %v", data, err)
	}
}
