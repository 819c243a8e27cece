package registry

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/auth/token"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	issuer        = "a token server"
	service       = "the reference registry"
	identityToken = "canary-identity"
	private       = "private/" // the repositories that the user may not see
	guest         = "guest"    // may log in, with the same password, and pull nothing
	reader        = "reader"   // may log in, with the same password, and pull only
)

// tokenServer issues tokens to clients that log in, and tokens without permissions to others.
type tokenServer struct {
	*httptest.Server
	signer jose.Signer
	keys   string        // file with the key that the registry believes
	life   time.Duration // of a token, as the registry sees it
	log    func(request string)
	strict bool // gives no token for less than what was requested, as some servers do
}

func newTokenServer(t *testing.T, a *authority, names ...string) *tokenServer {
	t.Helper()
	key := newKey(t)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "1", Algorithm: string(jose.ES256), Use: "sig"}}})
	if err != nil {
		t.Fatal(err)
	}
	s := &tokenServer{signer: signer, keys: write(t, filepath.Join(t.TempDir(), "keys.json"), string(keys)), life: time.Hour}
	s.Server = httptest.NewUnstartedServer(s)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of clients that do not trust it
	s.TLS = a.serve(t, names...)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// ServeHTTP answers GET with name and password, and POST with an identity token.
func (s *tokenServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	who, known := s.login(r)
	_ = r.ParseForm() // what it cannot read is not there
	scope := strings.Join(r.Form["scope"], " ")
	access, all := permissions(who, scope)
	if !known || r.FormValue("service") != service || s.strict && !all {
		s.log(r.Method + " token 401")
		http.Error(w, `{"errors":[{"code":"UNAUTHORIZED"}]}`, http.StatusUnauthorized)
		return
	}
	as := who
	if as == "" {
		as = "nobody"
	}
	text, err := s.token(who, access)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.log(r.Method + " token of " + scope + " as " + as)
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(map[string]any{"token": text, "access_token": text, "expires_in": 3600}); err != nil {
		s.log(err.Error())
	}
}

// login returns the user, "" for an anonymous request. ok is false for a wrong password.
func (s *tokenServer) login(r *http.Request) (string, bool) {
	if r.Method == http.MethodPost {
		return user, r.PostFormValue("grant_type") == "refresh_token" && r.PostFormValue("refresh_token") == identityToken
	}
	name, secret, given := r.BasicAuth()
	return name, !given || (name == user || name == guest || name == reader) && secret == password
}

// permissions are those of a user, as far as a scope requests them, and whether that is all that it requests.
func permissions(who, scope string) (access []*token.ResourceActions, all bool) {
	all = true
	for one := range strings.FieldsSeq(scope) {
		parts := strings.Split(one, ":")
		if len(parts) != 3 {
			continue
		}
		var actions []string
		for action := range strings.SplitSeq(parts[2], ",") {
			if !strings.HasPrefix(parts[1], private) && (who == user || who == reader && action == "pull") {
				actions = append(actions, action)
			} else {
				all = false
			}
		}
		if len(actions) > 0 {
			access = append(access, &token.ResourceActions{Type: parts[0], Name: parts[1], Actions: actions})
		}
	}
	return access, all
}

// token signs a token with permissions.
func (s *tokenServer) token(who string, access []*token.ResourceActions) (string, error) {
	now := time.Now()
	return jwt.Signed(s.signer).Claims(token.ClaimSet{
		Issuer: issuer, Subject: who, Audience: token.AudienceList{service}, JWTID: "1",
		// The registry accepts a token for a minute longer.
		Expiration: now.Add(s.life - token.Leeway).Unix(), NotBefore: now.Add(-time.Minute).Unix(), IssuedAt: now.Unix(),
		Access: access,
	}).Serialize()
}

// bearer starts a registry that sends its clients to a token server at realm, "" for its own address.
func bearer(t *testing.T, a *authority, realm string, names ...string) (*server, *tokenServer) {
	t.Helper()
	tokens := newTokenServer(t, a, names...)
	if realm == "" {
		realm = tokens.URL + "/token"
	}
	auth := configuration.Auth{"token": configuration.Parameters{"realm": realm, "service": service, "issuer": issuer, "jwks": tokens.keys}}
	s := start(t, a, auth, func(r *http.Request) {
		repository := strings.Join(strings.Split(r.URL.Path, "/")[2:4], "/")
		access, _ := permissions(user, "repository:"+repository+":pull,push")
		if text, err := tokens.token(user, access); err == nil {
			r.Header.Set("Authorization", "Bearer "+text)
		}
	}, names...)
	tokens.log = s.add
	return s, tokens
}
