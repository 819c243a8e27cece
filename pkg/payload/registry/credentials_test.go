package registry_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/faultproxy"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
)

// authFile writes an auth file with one entry.
func authFile(t *testing.T, key, user, password string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "auth.json")
	writeFile(t, path, fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, key, base64.StdEncoding.EncodeToString([]byte(user+":"+password))))
	return path
}

// withFile are options for one insecure server and an auth file.
func withFile(s *server, file string) registry.Options {
	return quick(registry.Options{Insecure: []string{s.host}, AuthFile: file})
}

func TestErrorWithoutCredentialsNamesWhereTheyWereLookedFor(t *testing.T) {
	home := t.TempDir()
	writeFile(t, filepath.Join(home, ".docker", "config.json"), `{"auths":{"other.example":{"auth":"dTpw"}}}`)
	s := start(t, newHTTP, basic("user", "secret"))
	c := registry.New(quick(registry.Options{Insecure: []string{s.host}, Home: home}))
	_, _, _, err := c.Manifest(t.Context(), orgR(s.host), "t")
	wantFault(t, err, fault.Auth, manifestError(s, "HOST wants credentials (401), and there are none for it in "+
		home+"/.config/containers/auth.json (not there), "+home+"/.docker/config.json, "+home+"/.dockercfg (not there); "+
		"name a file with --authfile, or log in to HOST"))
	if n := len(s.asked()); n > 2 {
		t.Errorf("%d requests, want at most 2", n)
	}
}

func TestRefusedCredentialsAreNamed(t *testing.T) {
	t.Run("basic", func(t *testing.T) {
		s := start(t, newHTTP, basic("user", "secret"))
		file := authFile(t, s.host, "user", "wrong")
		_, _, _, err := registry.New(withFile(s, file)).Manifest(t.Context(), orgR(s.host), "t")
		wantFault(t, err, fault.Auth, manifestError(s, "HOST refuses the entry HOST of "+file+" (401); log in again, or name a file with --authfile"))
		wantRequests(t, s, "GET /v2/org/r/manifests/t", "GET /v2/org/r/manifests/t")
	})
	t.Run("token server", func(t *testing.T) {
		s := start(t, newHTTP, bearer("user:secret", "/token"))
		file := authFile(t, s.host, "user", "wrong")
		_, _, _, err := registry.New(withFile(s, file)).Manifest(t.Context(), orgR(s.host), "t")
		wantFault(t, err, fault.Auth, manifestError(s, "the token server HOST of HOST refuses the entry HOST of "+file+" (401 Unauthorized); log in again, or name a file with --authfile"))
		wantRequests(t, s, "GET /v2/org/r/manifests/t", "GET /token")
	})
	t.Run("not allowed", func(t *testing.T) {
		s := start(t, newHTTP, basic("user", "secret"), faults(faultproxy.Rule{Fault: faultproxy.Status(403, nil)}))
		file := authFile(t, s.host, "user", "secret")
		_, _, _, err := registry.New(withFile(s, file)).Manifest(t.Context(), orgR(s.host), "t")
		wantFault(t, err, fault.Auth, manifestError(s, "HOST does not allow it with the entry HOST of "+file+" (403)"))
		wantRequests(t, s, "GET /v2/org/r/manifests/t", "GET /v2/org/r/manifests/t")
	})
	t.Run("a scheme that is not known", func(t *testing.T) {
		s := start(t, newHTTP, faults(faultproxy.Rule{Fault: faultproxy.Status(401, http.Header{"Www-Authenticate": {"Negotiate"}})}))
		_, _, _, err := anyClient(s).Manifest(t.Context(), orgR(s.host), "t")
		wantFault(t, err, fault.Auth, manifestError(s, "HOST wants credentials by negotiate, which is not known here (401)"))
		wantRequests(t, s, "GET /v2/org/r/manifests/t")
	})
}

func TestCredentialsOfEveryForm(t *testing.T) {
	const get = "GET /v2/org/r/manifests/t"
	tests := map[string]struct {
		layer    layer
		entry    string
		requests []string
	}{
		"basic":             {basic("user", "secret"), `{"auth":"dXNlcjpzZWNyZXQ="}`, []string{get, get}},
		"token server":      {bearer("user:secret", "/token"), `{"auth":"dXNlcjpzZWNyZXQ="}`, []string{get, "GET /token", get}},
		"anonymous token":   {bearer("", "/token"), `{}`, []string{get, "GET /token", get}},
		"identity token":    {bearer("<token>:secret", "/token"), `{"auth":"dTo=","identitytoken":"secret"}`, []string{get, "POST /token", get}},
		"registry token":    {given("secret"), `{"registrytoken":"secret"}`, []string{get}},
		"user and password": {basic("user", "secret"), `{"username":"user","password":"secret"}`, []string{get, get}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := start(t, newTLS, test.layer)
			manifest, _ := s.pushImage(t, "org/r", "t")
			file := filepath.Join(t.TempDir(), "auth.json")
			writeFile(t, file, fmt.Sprintf(`{"auths":{%q:%s}}`, s.host, test.entry))
			c := registry.New(quick(registry.Options{CAFile: s.ca(t), AuthFile: file}))
			body, _, _, err := c.Manifest(t.Context(), orgR(s.host), "t")
			if err != nil || !bytes.Equal(body, manifest) {
				t.Fatalf("got %q, %v", body, err)
			}
			wantRequests(t, s, test.requests...)
		})
	}
}

// given lets requests pass that carry this very token.
func given(token string) layer {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer "+token {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

func TestTokenThatEndsHalfWay(t *testing.T) {
	blob := bigBlob(mebibyte)
	ts := &tokens{valid: map[string]bool{}}
	s := start(t, newHTTP, ts.layer("user:secret", "/token"), faults(faultproxy.Rule{Path: "/blobs/", Times: 1, Fault: faultproxy.Cut(500_000)}))
	d := s.pushBlob(t, "org/r", blob)
	c := registry.New(withFile(s, authFile(t, s.host, "user", "secret")))
	b, err := c.Blob(t.Context(), orgR(s.host), d, mebibyte, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ts.revoke()
	var got bytes.Buffer
	if _, err := got.ReadFrom(b); err != nil || !bytes.Equal(got.Bytes(), blob) {
		t.Fatalf("got %d bytes, %v", got.Len(), err)
	}
	if ts.given != 2 {
		t.Errorf("%d tokens were given, want 2", ts.given)
	}
	path := "GET /v2/org/r/blobs/" + d.String()
	// The old token is refused; what follows has a new one.
	wantRequests(t, s, path, "GET /token", path, path, path, "GET /token", path)
}

func TestCredentialsThatEndHalfWay(t *testing.T) {
	open := true
	gate := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if open {
				basic("user", "secret")(next).ServeHTTP(w, r)
				return
			}
			basic("user", "another")(next).ServeHTTP(w, r)
		})
	}
	s := start(t, newHTTP, gate)
	s.pushImage(t, "org/r", "t")
	file := authFile(t, s.host, "user", "secret")
	c := registry.New(withFile(s, file))
	if _, _, _, err := c.Manifest(t.Context(), orgR(s.host), "t"); err != nil {
		t.Fatal(err)
	}
	s.asked()
	open = false
	_, _, _, err := c.Manifest(t.Context(), orgR(s.host), "t")
	wantFault(t, err, fault.Auth, manifestError(s, "HOST refuses the entry HOST of "+file+" (401); log in again, or name a file with --authfile"))
	if n := len(s.asked()); n != 3 {
		t.Errorf("%d requests, want 3: as before, anew without, anew with credentials", n)
	}
}

func TestOneTokenServesManyRequests(t *testing.T) {
	ts := &tokens{valid: map[string]bool{}}
	s := start(t, newHTTP, ts.layer("user:secret", "/token"))
	_, layer := s.pushImage(t, "org/r", "t")
	c := registry.New(withFile(s, authFile(t, s.host, "user", "secret")))
	for range 3 {
		if _, _, _, err := c.Manifest(t.Context(), orgR(s.host), "t"); err != nil {
			t.Fatal(err)
		}
		if _, err := readBlob(t, c, orgR(s.host), layer, 11); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.asked()); n != 8 || ts.given != 1 {
		t.Errorf("%d requests and %d tokens, want 6 and 2 for the one token", n, ts.given)
	}
}

func TestRepositoriesHaveTheirOwnCredentials(t *testing.T) {
	byPath := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			password := "host"
			if strings.HasPrefix(r.URL.Path, "/v2/org/r/") {
				password = "repository"
			}
			basic("user", password)(next).ServeHTTP(w, r)
		})
	}
	s := start(t, newHTTP, byPath)
	s.pushImage(t, "org/r", "t")
	s.pushImage(t, "org/other", "t")
	file := filepath.Join(t.TempDir(), "auth.json")
	writeFile(t, file, fmt.Sprintf(`{"auths":{%q:{"username":"user","password":"host"},%q:{"username":"user","password":"repository"}}}`, s.host, orgR(s.host)))
	c := registry.New(withFile(s, file))
	for _, repository := range []string{"org/r", "org/other"} {
		if _, _, _, err := c.Manifest(t.Context(), oci.Repository{Host: s.host, Path: repository}, "t"); err != nil {
			t.Error(err)
		}
	}
}

func TestAuthFileThatIsNamedMustBeGood(t *testing.T) {
	s := start(t, newHTTP)
	s.pushImage(t, "org/r", "t")
	missing := filepath.Join(t.TempDir(), "missing.json")
	_, _, _, err := registry.New(withFile(s, missing)).Manifest(t.Context(), orgR(s.host), "t")
	wantFault(t, err, fault.Auth, "reading credentials from "+missing+": no such file or directory")
	wantRequests(t, s)
}
