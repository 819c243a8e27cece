package transport

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// site answers by address; an address that is not there answers 200 with its own name.
type site map[string]*http.Response

func (s site) link(asked *[]*http.Request) Func {
	return func(r *http.Request) (*http.Response, error) {
		*asked = append(*asked, r)
		if answer, ok := s[r.URL.String()]; ok {
			answer.Request = r
			return answer, nil
		}
		return newResponse(r, 200, r.URL.String()), nil
	}
}

func to(location string) *http.Response { return newResponse(nil, 307, "", "Location", location) }

func TestRedirectFollows(t *testing.T) {
	var asked []*http.Request
	next := site{"https://a.example/x": to("/y"), "https://a.example/y": to("https://cdn.example/z?sig=1")}.link(&asked)
	request := newRequest(t, "GET", "https://a.example/x")
	request.Header.Set("Authorization", "Bearer secret")
	request.Header.Set("Cookie", "a=b")
	request.Header.Set("Range", "bytes=1-")
	response, err := Redirect()(next).RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	if data, _ := io.ReadAll(response.Body); string(data) != "https://cdn.example/z?sig=1" {
		t.Errorf("got %s", data)
	}
	for i, want := range []string{"Bearer secret", "Bearer secret", ""} {
		if got := asked[i].Header.Get("Authorization"); got != want || asked[i].Header.Get("Range") == "" {
			t.Errorf("request %d: %v", i, asked[i].Header)
		}
	}
	if asked[2].Header.Get("Cookie") != "" || asked[2].Header.Get("Referer") != "" {
		t.Errorf("the other host was sent %v", asked[2].Header)
	}
	if request.URL.Path != "/x" || request.Header.Get("Authorization") == "" {
		t.Error("the request was changed")
	}
}

func TestRedirectRefuses(t *testing.T) {
	for location, want := range map[string]string{
		"http://cdn.example/":        "a.example redirects to http://cdn.example, which is not encrypted",
		"https://169.254.169.254/":   "a.example redirects to 169.254.169.254, a loopback or link-local address",
		"https://localhost:80/":      "a.example redirects to localhost:80, a loopback or link-local address",
		"https://u:p@cdn.example/":   "a.example redirects to an address with a user name in it",
		"":                           "a.example redirects without saying where to",
		"https://%zz/":               "a.example redirects to what is not an address",
		"/x":                         "a.example redirects in circles, 1 in a row",
		strings.Repeat("x", 17<<10):  "a.example redirects without saying where to",
		"https://b.example/refuse":   "a.example redirects to b.example, which answers 403 Forbidden",
		"https://b.example/guarded":  "a.example redirects to b.example, a loopback or link-local address",
		"https://b.example/breaks":   "b.example: EOF",
		"https://b.example/circle/1": "a.example redirects in circles, 6 in a row",
	} {
		var asked []*http.Request
		s := site{
			"https://a.example/x":      to(location),
			"https://b.example/refuse": newResponse(nil, 403, ""),
		}
		pages := s.link(&asked)
		next := Func(func(r *http.Request) (*http.Response, error) {
			switch {
			case r.URL.Path == "/guarded":
				return nil, ErrGuarded
			case r.URL.Path == "/breaks":
				return nil, io.EOF
			case strings.HasPrefix(r.URL.Path, "/circle/"):
				return newResponse(r, 302, "", "Location", r.URL.Path+"1"), nil
			}
			return pages(r)
		})
		kind := fault.Network
		switch {
		case strings.HasSuffix(location, "refuse"):
			kind = fault.Auth
		case strings.HasSuffix(location, "breaks"):
			kind = fault.Internal // Retry explains it
		}
		_, err := Redirect()(next).RoundTrip(newRequest(t, "GET", "https://a.example/x"))
		wantError(t, err, kind, want)
	}
}

func TestRedirectOfAHostInTheClear(t *testing.T) {
	// Plain has asked over HTTP, so a redirect to HTTP loses nothing.
	next := Func(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/y" {
			return newResponse(r, 200, ""), nil
		}
		plain := r.Clone(r.Context())
		plain.URL.Scheme = "http"
		return newResponse(plain, 302, "", "Location", "http://a.example/y"), nil
	})
	if _, err := Redirect()(next).RoundTrip(newRequest(t, "GET", "https://a.example/x")); err != nil {
		t.Error(err)
	}
}

func TestRedirectOfABody(t *testing.T) {
	for status, want := range map[int]string{307: "", 308: "", 302: "a.example redirects a PUT in a way that changes its method"} {
		var bodies []string
		next := Func(func(r *http.Request) (*http.Response, error) {
			data, _ := io.ReadAll(r.Body)
			bodies = append(bodies, r.Method+" "+string(data))
			if r.URL.Path == "/y" {
				return newResponse(r, 201, ""), nil
			}
			return newResponse(r, status, "", "Location", "/y"), nil
		})
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "https://a.example/x", strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Redirect()(next).RoundTrip(request)
		wantError(t, err, fault.Network, want)
		if want == "" && strings.Join(bodies, ",") != "PUT body,PUT body" {
			t.Errorf("%d: sent %q", status, bodies)
		}
	}
}

// An error that names the host and has a kind stays as it is.
func TestRedirectKeepsExplainedErrors(t *testing.T) {
	explained := fault.Errorf(fault.Network, "a.example: no certificate")
	next := Func(func(*http.Request) (*http.Response, error) { return nil, explained })
	if _, err := Redirect()(next).RoundTrip(newRequest(t, "GET", "https://a.example/x")); err != explained {
		t.Errorf("got %v", err)
	}
}
