package registry_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/faultproxy"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
)

// tokenAnswer is a registry that takes the token T, and its token server, which gives one fixed answer.
func tokenAnswer(answer string) layer {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == "/token":
				fmt.Fprint(w, answer)
			case r.Header.Get("Authorization") != "Bearer T":
				w.Header().Set("WWW-Authenticate", `Bearer realm="/token",service="registry"`)
				w.WriteHeader(http.StatusUnauthorized)
			default:
				next.ServeHTTP(w, r)
			}
		})
	}
}

// TestTokenWithOddOptionalFields: only the token has to be there; the other fields are hints.
func TestTokenWithOddOptionalFields(t *testing.T) {
	for _, answer := range []string{
		`{"token": "T", "expires_in": 300}`,
		`{"token": "T", "expires_in": "300"}`,
		`{"token": "T", "expires_in": 300.5}`,
		`{"token": "T", "expires_in": -1}`,
		`{"token": "T", "expires_in": 1e300}`,
		`{"token": "T", "expires_in": null}`,
		`{"token": "T", "expires_in": {"seconds": 300}}`,
		`{"token": "T", "issued_at": "2026-01-02 03:04:05 UTC"}`,
		`{"token": "T", "issued_at": "1767323045"}`,
		`{"token": "T", "issued_at": 1767323045}`,
		`{"token": "T", "scope": ["pull"], "refresh_token": false}`,
		`{"access_token": "T"}`,
		`{"token": "", "access_token": "T"}`,
		`{"token": "old", "access_token": "T"}`,
	} {
		t.Run(answer, func(t *testing.T) {
			s := start(t, newHTTP, tokenAnswer(answer))
			manifest, _ := s.pushImage(t, "org/r", "t")
			c := registry.New(withFile(s, authFile(t, s.host, "user", "secret")))
			body, _, _, err := c.Manifest(t.Context(), orgR(s.host), "t")
			if err != nil || !bytes.Equal(body, manifest) {
				t.Fatalf("got %q, %v", body, err)
			}
			wantRequests(t, s, "GET /v2/org/r/manifests/t", "GET /token", "GET /v2/org/r/manifests/t")
		})
	}
}

func TestTokenServerThatGivesNone(t *testing.T) {
	for answer, want := range map[string]string{
		"\n<!DOCTYPE html><html>sign in</html>": "answered with a web page and no token: it may require an interactive login",
		"<html>sign in</html>":                  "answered with a web page and no token: it may require an interactive login",
		"T":                                     "answered without a token: its answer is not a JSON object",
		`{"expires_in": 300}`:                   "answered without a token",
		`{"token": 7}`:                          "answered without a token",
	} {
		for _, entry := range []string{`{"auth":"dXNlcjpzZWNyZXQ="}`, `{"auth":"dTo=","identitytoken":"secret"}`, `{}`} {
			t.Run(answer+entry, func(t *testing.T) {
				s := start(t, newHTTP, tokenAnswer(answer))
				file := authFile(t, s.host, "", "")
				writeFile(t, file, fmt.Sprintf(`{"auths":{%q:%s}}`, s.host, entry))
				_, _, _, err := registry.New(withFile(s, file)).Manifest(t.Context(), orgR(s.host), "t")
				wantFault(t, err, fault.Auth, manifestError(s, "the token server HOST of HOST "+want))
			})
		}
	}
}

func TestUnauthorizedWithoutAChallenge(t *testing.T) {
	const get = "GET /v2/org/r/manifests/t"
	// gate answers 401 without a challenge to who does not send the password.
	gate := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, password, _ := r.BasicAuth(); password != "secret" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	unreadable := faults(faultproxy.Rule{Fault: faultproxy.Status(401, http.Header{"Www-Authenticate": {`Bearer realm="x`}})})
	negotiate := faults(faultproxy.Rule{Fault: faultproxy.Status(401, http.Header{"Www-Authenticate": {"Negotiate"}})})
	const password, wrong, identity = `{"auth":"dXNlcjpzZWNyZXQ="}`, `{"auth":"dXNlcjp3cm9uZw=="}`, `{"auth":"dTo=","identitytoken":"secret"}`
	const unsent = "HOST answered 401 without a challenge that can be read, so the entry HOST of FILE was not sent; a proxy in front of it may take the challenge away"
	for name, test := range map[string]struct {
		layer       layer
		entry, want string
		requests    []string
	}{
		"the password is tried":        {gate, password, "", []string{get, get}},
		"the password is refused":      {gate, wrong, "HOST refuses the entry HOST of FILE (401); log in again, or name a file with --authfile", []string{get, get}},
		"an identity token cannot be":  {gate, identity, unsent, []string{get}},
		"a challenge that is broken":   {unreadable, password, unsent, []string{get}},
		"a scheme that is not known":   {negotiate, password, "HOST wants credentials by negotiate, which is not known here (401): the entry HOST of FILE was not sent", []string{get}},
		"nothing that could be tried":  {gate, `{}`, "HOST wants credentials (401), and there are none for it in FILE; name a file with --authfile, or log in to HOST", []string{get}},
		"a scheme, nothing to send it": {negotiate, `{}`, "HOST wants credentials by negotiate, which is not known here (401)", []string{get}},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, newHTTP, test.layer)
			s.pushImage(t, "org/r", "t")
			file := authFile(t, s.host, "", "")
			writeFile(t, file, fmt.Sprintf(`{"auths":{%q:%s}}`, s.host, test.entry))
			_, _, _, err := registry.New(withFile(s, file)).Manifest(t.Context(), orgR(s.host), "t")
			if test.want != "" {
				wantFault(t, err, fault.Auth, manifestError(s, strings.ReplaceAll(test.want, "FILE", file)))
			} else if err != nil {
				t.Error(err)
			}
			wantRequests(t, s, test.requests...)
		})
	}
}
