package registry_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
)

// proxy is an HTTP proxy to the servers of a test.
type proxy struct {
	*httptest.Server
	targets map[string]*server // by name and port; nil: one for all

	mu    sync.Mutex
	asked []string
}

func startProxy(t *testing.T, target *server, credential string, status int) *proxy {
	t.Helper()
	p := &proxy{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asked = append(p.asked, r.Method+" "+r.Host)
		p.mu.Unlock()
		if status != 0 {
			w.WriteHeader(status)
			return
		}
		if credential != "" && r.Header.Get("Proxy-Authorization") != credential {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		target := target
		if p.targets != nil {
			target = p.targets[r.Host]
		}
		if r.Method == http.MethodConnect {
			tunnel(w, target.host)
			return
		}
		req := r.Clone(r.Context())
		req.RequestURI, req.URL.Host = "", target.host
		response, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer response.Body.Close()
		for name, values := range response.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(response.StatusCode)
		_, _ = io.Copy(w, response.Body)
	}))
	t.Cleanup(p.Close)
	return p
}

func tunnel(w http.ResponseWriter, host string) {
	out, err := net.Dial("tcp", host)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	in, buffer, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	fmt.Fprint(in, "HTTP/1.1 200 OK\r\n\r\n")
	go func() {
		_, _ = io.Copy(out, bufio.NewReader(buffer))
		out.Close()
	}()
	go func() {
		_, _ = io.Copy(in, out)
		in.Close()
	}()
}

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestProxiesOfTheEnvironment(t *testing.T) {
	const name = "registry.example.com"
	secure := start(t, newTLS)
	plain := start(t, newHTTP)
	for _, s := range []*server{secure, plain} {
		s.pushImage(t, "org/r", "t")
	}
	tests := []struct {
		title      string
		target     *server
		credential string
		status     int
		env        []string
		asked      []string
		kind       fault.Kind
		want       string // "" is success
	}{
		{title: "HTTPS_PROXY", target: secure, env: []string{"HTTPS_PROXY", "PROXY"}, asked: []string{"CONNECT registry.example.com:443"}},
		{title: "https_proxy", target: secure, env: []string{"https_proxy", "PROXY"}, asked: []string{"CONNECT registry.example.com:443"}},
		{title: "with credentials", target: secure, credential: "Basic dXNlcjpjYW5hcnk=", env: []string{"HTTPS_PROXY", "USERPROXY"}, asked: []string{"CONNECT registry.example.com:443"}},
		{title: "HTTP_PROXY for plain HTTP", target: plain, env: []string{"HTTP_PROXY", "PROXY"}, asked: []string{"GET registry.example.com:80"}},
		{title: "NO_PROXY", target: secure, env: []string{"HTTPS_PROXY", "PROXY", "NO_PROXY", ".example.com"}},
		{
			title: "407 to CONNECT", target: secure, credential: "Basic right", env: []string{"HTTPS_PROXY", "USERPROXY"}, asked: []string{"CONNECT registry.example.com:443"},
			kind: fault.Network, want: "the proxy HOST requires other credentials (407): put them into the URL in HTTPS_PROXY",
		},
		{
			title: "407 to GET", target: plain, credential: "Basic right", env: []string{"HTTP_PROXY", "USERPROXY"}, asked: []string{"GET registry.example.com:80"},
			kind: fault.Network, want: "the proxy HOST requires other credentials (407): put them into the URL in HTTPS_PROXY",
		},
		{
			title: "403", target: secure, status: 403, env: []string{"HTTPS_PROXY", "PROXY"}, asked: []string{"CONNECT registry.example.com:443"},
			kind: fault.Network, want: "reaching registry.example.com: the proxy HOST answered 403 Forbidden",
		},
		{
			title: "503", target: secure, status: 503, env: []string{"HTTPS_PROXY", "PROXY"},
			asked: []string{"CONNECT registry.example.com:443", "CONNECT registry.example.com:443", "CONNECT registry.example.com:443", "CONNECT registry.example.com:443", "CONNECT registry.example.com:443"},
			kind:  fault.Network, want: "reaching registry.example.com: the proxy HOST answered 503 Service Unavailable, 5 times",
		},
	}
	// None listens there. Nothing else may be asked instead.
	dead := registry.New(quick(registry.Options{Getenv: env("HTTPS_PROXY", "http://127.0.0.1:1")}))
	_, _, _, err := dead.Manifest(t.Context(), orgR(name), "t")
	wantFault(t, err, fault.Network, "getting "+name+"/org/r:t: reaching "+name+": the proxy that HTTPS_PROXY or HTTP_PROXY names does not answer, 5 times: dial tcp 127.0.0.1:1: connect: connection refused")
	for _, test := range tests {
		t.Run(test.title, func(t *testing.T) {
			p := startProxy(t, test.target, test.credential, test.status)
			host := strings.TrimPrefix(p.URL, "http://")
			pairs := make([]string, len(test.env))
			for i, v := range test.env {
				v = strings.ReplaceAll(v, "USERPROXY", "http://user:canary@"+host)
				if i%2 == 1 {
					v = strings.ReplaceAll(v, "PROXY", p.URL)
				}
				pairs[i] = v
			}
			o := quick(registry.Options{Getenv: env(pairs...), CAFile: secure.ca(t), Dial: names(map[string]*server{
				name:        test.target,
				"127.0.0.1": {host: host},
			})})
			reference := name
			if test.target == plain {
				reference += ":80"
				o.Insecure = []string{reference}
			}
			_, _, _, err := registry.New(o).Manifest(t.Context(), orgR(reference), "t")
			if test.want == "" && err != nil {
				t.Fatal(err)
			}
			if test.want != "" {
				wantFault(t, err, test.kind, "getting "+reference+"/org/r:t: "+strings.ReplaceAll(test.want, "HOST", host))
			}
			if got, want := strings.Join(p.asked, ", "), strings.Join(test.asked, ", "); got != want {
				t.Errorf("the proxy was asked %s, want %s", got, want)
			}
		})
	}
}
