package registry_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/faultproxy"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
)

// to redirects blobs to an address, %s in it being the path.
func to(address string) layer {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.URL.Path, "/blobs/") {
				next.ServeHTTP(w, r)
				return
			}
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "secret"})
			w.Header().Set("Location", strings.ReplaceAll(address, "%s", r.URL.Path))
			w.WriteHeader(http.StatusTemporaryRedirect)
		})
	}
}

func TestRedirectsThatAreRefused(t *testing.T) {
	tests := []struct{ name, registry, location, want string }{
		{"https to http", "registry.example.com", "http://cdn.example.com/x", "redirects to http://cdn.example.com, which is not encrypted"},
		{"https to http, same host", "registry.example.com", "http://registry.example.com/x", "redirects to http://registry.example.com, which is not encrypted"},
		{"metadata", "registry.example.com", "https://169.254.169.254/latest", "redirects to 169.254.169.254, a loopback or link-local address"},
		{"IPv6 link-local", "registry.example.com", "https://[fe80::1]/x", "redirects to [fe80::1], a loopback or link-local address"},
		{"loopback", "registry.example.com", "https://127.0.0.1:8443/x", "redirects to 127.0.0.1:8443, a loopback or link-local address"},
		{"loopback in IPv6", "registry.example.com", "https://[::ffff:127.0.0.1]/x", "redirects to [::ffff:127.0.0.1], a loopback or link-local address"},
		{"localhost", "registry.example.com", "https://localhost/x", "redirects to localhost, a loopback or link-local address"},
		{"a name below localhost", "registry.example.com", "https://x.LOCALHOST./x", "redirects to x.LOCALHOST., a loopback or link-local address"},
		{"unspecified", "registry.example.com", "https://0.0.0.0/x", "redirects to 0.0.0.0, a loopback or link-local address"},
		{"metadata, from this machine", "127.0.0.1", "https://169.254.169.254/latest", "redirects to 169.254.169.254, a loopback or link-local address"},
		{"file", "registry.example.com", "file:///etc/passwd", "redirects to what is not an address"},
		{"another scheme", "registry.example.com", "gopher://cdn.example.com/x", "redirects to gopher://cdn.example.com, which is not encrypted"},
		{"user name", "registry.example.com", "https://u:p@cdn.example.com/x", "redirects to an address with a user name in it"},
		{"nowhere", "registry.example.com", "", "redirects without saying where to"},
		{"no address", "registry.example.com", "https://%zz/", "redirects to what is not an address"},
		{"to itself", "registry.example.com", "%s", "redirects in circles, 1 in a row"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, newTLS, to(test.location))
			d := s.pushBlob(t, "org/r", layerBytes)
			o := quick(registry.Options{CAFile: s.ca(t), Dial: names(map[string]*server{"registry.example.com": s, "127.0.0.1": s})})
			host := test.registry
			if host == "127.0.0.1" {
				host = s.host
			}
			_, err := readBlob(t, registry.New(o), orgR(host), d, 11)
			wantFault(t, err, fault.Network, "getting blob "+d.String()+" of "+host+"/org/r: "+host+" "+test.want)
			wantRequests(t, s, "GET /v2/org/r/blobs/"+d.String())
		})
	}
}

func TestRedirectLoop(t *testing.T) {
	hops := 0
	s := serve(t, newHTTP, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hops++
		w.Header().Set("Location", "/"+strings.Repeat("x", hops))
		w.WriteHeader(http.StatusFound)
	}))
	_, _, _, err := anyClient(s).Manifest(t.Context(), orgR(s.host), "t")
	wantFault(t, err, fault.Network, manifestError(s, "HOST redirects in circles, 6 in a row"))
	if n := len(s.asked()); n != 6 {
		t.Errorf("%d requests, want 6", n)
	}
}

func TestNameOfThisMachine(t *testing.T) {
	// The redirect's name looks harmless and stands for this machine: that is seen when it is dialled.
	s := start(t, newHTTP, to("http://harmless.example:9/x"))
	d := s.pushBlob(t, "org/r", layerBytes)
	system := net.DefaultResolver
	t.Cleanup(func() { net.DefaultResolver = system })
	net.DefaultResolver = fakeDNS(t, map[string]string{"registry.example.": "127.0.0.1", "harmless.example.": "127.0.0.1"})
	host := "registry.example:" + s.host[strings.LastIndex(s.host, ":")+1:]
	_, err := readBlob(t, registry.New(quick(registry.Options{Insecure: []string{host}})), orgR(host), d, 11)
	wantFault(t, err, fault.Network, "getting blob "+d.String()+" of "+host+"/org/r: "+host+" redirects to harmless.example:9, a loopback or link-local address")
}

func TestStorageOnAnotherHost(t *testing.T) {
	storage := serve(t, newTLS, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(layerBytes)
	}))
	s := start(t, newTLS, basic("user", "secret"), to("https://cdn.example.org/layer?signature=abc"))
	d := s.pushBlob(t, "org/r", layerBytes)
	c := registry.New(quick(registry.Options{
		CAFile: s.ca(t), AuthFile: authFile(t, "registry.example.com", "user", "secret"), Insecure: []string{"cdn.example.org"},
		Dial: names(map[string]*server{"registry.example.com": s, "cdn.example.org": storage}),
	}))
	data, err := readBlob(t, c, oci.SplitRepository("registry.example.com/org/r"), d, 11)
	if err != nil || !bytes.Equal(data, layerBytes) {
		t.Fatalf("got %q, %v", data, err)
	}
	for _, name := range []string{"Authorization", "Cookie", "Referer"} {
		if v := storage.headers[0].Get(name); v != "" {
			t.Errorf("the storage was sent %s: %s", name, v)
		}
	}
	wantRequests(t, storage, "GET /layer")
	path := "GET /v2/org/r/blobs/" + d.String()
	wantRequests(t, s, path, path)
}

func TestResumeGoesThroughTheRedirectAgain(t *testing.T) {
	blob := bigBlob(mebibyte)
	storage := start(t, newHTTP, faults(faultproxy.Rule{Path: "/blobs/", Times: 1, Fault: faultproxy.Cut(300_000)}))
	d := storage.pushBlob(t, "org/r", blob)
	s := start(t, newHTTP, to(storage.URL+"%s"))
	data, err := readBlob(t, anyClient(s), orgR(s.host), d, mebibyte)
	if err != nil || !bytes.Equal(data, blob) {
		t.Fatalf("got %d bytes, %v", len(data), err)
	}
	path := "GET /v2/org/r/blobs/" + d.String()
	wantRequests(t, s, path, path)
	wantRequests(t, storage, path, path)
	if n := storage.bytesSent(); n > mebibyte+mebibyte/100 {
		t.Errorf("%d bytes were sent for a blob of %d", n, mebibyte)
	}
}

func TestStorageThatRefuses(t *testing.T) {
	for status, text := range map[int]string{401: "401 Unauthorized", 403: "403 Forbidden"} {
		storage := serve(t, newHTTP, faultproxy.New(http.NotFoundHandler(), faultproxy.Rule{
			Fault: faultproxy.Status(status, http.Header{"Www-Authenticate": {`Basic realm="give me"`}}),
		}))
		s := start(t, newHTTP, to(storage.URL+"/x"))
		d := s.pushBlob(t, "org/r", layerBytes)
		c := registry.New(withFile(s, authFile(t, s.host, "user", "secret")))
		_, err := readBlob(t, c, orgR(s.host), d, 11)
		wantFault(t, err, fault.Auth, blobError(s, d, "HOST redirects to "+storage.host+", which answers "+text))
		wantRequests(t, storage, "GET /x")
	}
}

func TestHeadersOfAnySize(t *testing.T) {
	for _, name := range []string{"Docker-Content-Digest", "WWW-Authenticate", "Location", "X-Whatever"} {
		for protocol, make := range map[string]func(http.Handler) *httptest.Server{"HTTP": newTLS, "HTTP2": startHTTP2} {
			t.Run(name+" "+protocol, func(t *testing.T) {
				s := start(t, make, faults(faultproxy.Rule{Fault: faultproxy.Header(name, strings.Repeat("x", 1<<20))}))
				s.pushImage(t, "org/r", "t")
				_, _, _, err := registry.New(quick(registry.Options{CAFile: s.ca(t)})).Manifest(t.Context(), orgR(s.host), "t")
				wantFault(t, err, fault.Integrity, manifestError(s, "HOST answered with a header of more than 131072 bytes"))
				if n := len(s.asked()); n != 1 {
					t.Errorf("%d requests, want 1", n)
				}
			})
		}
	}
}

func TestDigestHeaderIsCut(t *testing.T) {
	s := start(t, newHTTP, faults(faultproxy.Rule{Fault: faultproxy.Header("Docker-Content-Digest", strings.Repeat("x", 60_000))}))
	manifest, _ := s.pushImage(t, "org/r", "t")
	body, _, declared, err := anyClient(s).Manifest(t.Context(), orgR(s.host), "t")
	if err != nil || !bytes.Equal(body, manifest) || declared != strings.Repeat("x", 256) {
		t.Errorf("got %q of %d bytes, %v", declared, len(body), err)
	}
}

func TestHeaderWithLineBreaks(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			buffer := make([]byte, 4096)
			_, _ = conn.Read(buffer)
			_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nDocker-Content-Digest: sha256:\x00x\r\n evil: 1\r\nContent-Length: 0\r\n\r\n"))
			conn.Close()
		}
	}()
	host := listener.Addr().String()
	_, _, declared, err := registry.New(quick(registry.Options{Insecure: []string{host}})).Manifest(t.Context(), orgR(host), "t")
	if err == nil && declared != "" || err != nil && (fault.KindOf(err) != fault.Network || strings.ContainsAny(err.Error(), "\x00\n")) {
		t.Errorf("got %q, %v", declared, err)
	}
}

func TestManifestThatIsNoneIsGivenAsItIs(t *testing.T) {
	// What it is and whether its digest is right is for the caller to judge, who has words for it.
	for name, test := range map[string]struct{ body, mediaType string }{
		"no JSON":              {"no JSON", "text/html; charset=utf-8"},
		"unknown media type":   {"{}", "application/x-y"},
		"another kind inside":  {`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json"}`, ociManifest},
		"a digest that lies":   {`{"schemaVersion":2}`, ociManifest},
		"nothing":              {"", ociManifest},
		"a media type that is": {"{}", ";;"},
	} {
		t.Run(name, func(t *testing.T) {
			lie := digest.FromString("lie").String()
			s := serve(t, newHTTP, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", test.mediaType)
				w.Header().Set("Docker-Content-Digest", lie)
				_, _ = w.Write([]byte(test.body))
			}))
			want, _, _ := strings.Cut(test.mediaType, ";")
			for _, as := range []string{"t", digest.FromString("another").String()} {
				body, mediaType, declared, err := anyClient(s).Manifest(t.Context(), orgR(s.host), as)
				if err != nil || string(body) != test.body || mediaType != want || declared != lie {
					t.Errorf("got %q, %q, %q, %v", body, mediaType, declared, err)
				}
				wantRequests(t, s, "GET /v2/org/r/manifests/"+as)
			}
		})
	}
}

// fakeDNS answers A and AAAA questions from a table.
func fakeDNS(t *testing.T, table map[string]string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buffer := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(answerDNS(buffer[:n], table), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// answerDNS writes the answer to one question: an address for A and AAAA, nothing for others.
func answerDNS(question []byte, table map[string]string) []byte {
	name, at := "", 12
	for question[at] != 0 {
		size := int(question[at])
		name += string(question[at+1:at+1+size]) + "."
		at += 1 + size
	}
	end := at + 5
	answer := append([]byte{}, question[:end]...)
	answer[2], answer[3] = 0x81, 0x80
	answer[7], answer[9], answer[11] = 0, 0, 0
	kind := question[at+2]
	address := net.ParseIP(table[strings.ToLower(name)]).To4()
	if kind == 28 {
		address = net.ParseIP(table["AAAA "+strings.ToLower(name)])
	}
	if (kind == 1 || kind == 28) && address != nil {
		answer[7] = 1
		answer = append(answer, 0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 60, 0, byte(len(address)))
		answer = append(answer, address...)
	}
	return answer
}
