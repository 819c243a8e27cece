package registry

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/distribution/distribution/v3/configuration"
	_ "github.com/distribution/distribution/v3/registry/auth/htpasswd"
	_ "github.com/distribution/distribution/v3/registry/auth/token"
	"github.com/distribution/distribution/v3/registry/handlers"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	"github.com/sirupsen/logrus"
	"golang.org/x/crypto/bcrypt"
)

func TestMain(m *testing.M) {
	logrus.SetOutput(io.Discard) // the registry logs every request
	os.Exit(m.Run())
}

// The user and password of every registry that requires credentials.
const (
	user     = "puller"
	password = "canary-password"
)

// server is the reference registry and its requests.
type server struct {
	*httptest.Server
	traffic
	authority *authority
	fault     func(next http.Handler) http.Handler // when set, stands before the registry; set between requests
}

// host returns the registry as in references.
func (s *server) host() string { return s.Listener.Addr().String() }

// start runs the reference registry over TLS, in memory. authorize adds the credentials to the requests of a client that
// pushes.
func start(t *testing.T, a *authority, auth configuration.Auth, authorize func(*http.Request), names ...string) *server {
	t.Helper()
	s := serve(t, a, application(t, &configuration.Configuration{Auth: auth}), names...)
	if authorize != nil {
		s.Client().Transport = pusher{s.Client().Transport, authorize}
	}
	return s
}

// application is the reference registry, in memory.
func application(t *testing.T, config *configuration.Configuration) http.Handler {
	t.Helper()
	if config.Storage == nil {
		config.Storage = inMemory(false)
	}
	config.HTTP.Secret = "of uploads"
	app := handlers.NewApp(context.Background(), config)
	t.Cleanup(func() {
		if err := app.Shutdown(); err != nil {
			t.Errorf("stopping the registry: %v", err)
		}
	})
	return app
}

// inMemory keeps what is pushed until the test ends.
func inMemory(readOnly bool) configuration.Storage {
	return configuration.Storage{
		"inmemory": configuration.Parameters{},
		"maintenance": configuration.Parameters{
			"uploadpurging": map[any]any{"enabled": false}, "readonly": map[any]any{"enabled": readOnly},
		},
	}
}

// serve runs a registry over TLS.
func serve(t *testing.T, a *authority, registry http.Handler, names ...string) *server {
	t.Helper()
	s := &server{authority: a}
	watched := s.watch(registry)
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.fault != nil {
			s.fault(watched).ServeHTTP(w, r)
			return
		}
		watched.ServeHTTP(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of clients that do not trust it
	s.TLS = a.serve(t, names...)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// pusher is a client that sends its credentials without a challenge.
type pusher struct {
	next      http.RoundTripper
	authorize func(*http.Request)
}

func (p pusher) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	p.authorize(r)
	return p.next.RoundTrip(r)
}

// open starts a registry that everyone may read and write.
func open(t *testing.T) *server {
	t.Helper()
	return start(t, newAuthority(t), nil, nil)
}

// basic starts a registry with a file of passwords.
func basic(t *testing.T) *server {
	t.Helper()
	return passwords(t, newAuthority(t))
}

// passwords starts a registry with a file of passwords and a certificate for names.
func passwords(t *testing.T, a *authority, names ...string) *server {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	file := write(t, filepath.Join(t.TempDir(), "htpasswd"), user+":"+string(hash)+"\n")
	auth := configuration.Auth{"htpasswd": configuration.Parameters{"realm": "reference", "path": file}}
	return start(t, a, auth, func(r *http.Request) { r.SetBasicAuth(user, password) }, names...)
}
