package registry_test

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
)

// tokens is a token server in front of a registry, on the same host or another.
type tokens struct {
	mu    sync.Mutex
	valid map[string]bool
	given int
}

// basic lets requests pass that carry user:password.
func basic(user, password string) layer {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if u, p, ok := r.BasicAuth(); !ok || u != user || p != password {
				w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// bearer lets requests pass that carry a token of its own /token, which gives one for the credential "user:password"
// or, when that is "", for everyone.
func bearer(credential, realm string) layer {
	return (&tokens{valid: map[string]bool{}}).layer(credential, realm)
}

func (t *tokens) layer(credential, realm string) layer {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/token" {
				t.give(w, r, credential)
				return
			}
			token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			t.mu.Lock()
			ok := t.valid[token]
			t.mu.Unlock()
			if !ok {
				w.Header().Set("WWW-Authenticate", `Bearer realm="`+realm+`",service="registry",scope="repository:org/r:pull"`)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

func (t *tokens) give(w http.ResponseWriter, r *http.Request, credential string) {
	user, password, _ := r.BasicAuth()
	if r.Method == http.MethodPost && r.FormValue("grant_type") == "refresh_token" {
		user, password = "<token>", r.FormValue("refresh_token")
	}
	if credential != "" && user+":"+password != credential {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	token := rand.Text()
	t.valid[token] = true
	t.given++
	_ = json.NewEncoder(w).Encode(map[string]any{"token": token, "expires_in": 300})
}

// revoke makes every token invalid before its time.
func (t *tokens) revoke() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.valid = map[string]bool{}
}
