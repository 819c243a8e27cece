// Package testcluster stands in for the API server of an OpenShift cluster in tests: TLS, bearer tokens, and the
// few objects that are read, with refusals as a real server words them.
package testcluster

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Token is the one that the server accepts, of the user viewer.
const Token = "sha256~canary-of-the-cluster"

// The objects that a cluster is asked for, by their paths.
const (
	ClusterVersion = "/apis/config.openshift.io/v1/clusterversions/version"
	FeatureGate    = "/apis/config.openshift.io/v1/featuregates/cluster"
	Infrastructure = "/apis/config.openshift.io/v1/infrastructures/cluster"
	Operator       = "/apis/apps/v1/namespaces/openshift-cluster-version/deployments/cluster-version-operator"
	PullSecret     = "/api/v1/namespaces/openshift-config/secrets/pull-secret"
)

// Server is a running server. Set it up before the first request.
type Server struct {
	*httptest.Server
	objects   map[string]string
	forbidden map[string]bool

	mu       sync.Mutex
	before   func(http.ResponseWriter, *http.Request) bool
	requests []string
}

// New starts a server without objects, which ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{objects: map[string]string{}, forbidden: map[string]bool{}}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that do not trust it are part of tests
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// With puts an object, written as JSON.
func (s *Server) With(path, object string) *Server {
	s.objects[path] = object
	return s
}

// WithRelease puts a ClusterVersion that runs a release.
func (s *Server) WithRelease(version, image string) *Server {
	return s.With(ClusterVersion, fmt.Sprintf(`{"kind":"ClusterVersion","status":{"desired":{"version":%q,"image":%q}}}`, version, image))
}

// WithPullSecret puts a pull secret with these credentials.
func (s *Server) WithPullSecret(credentials string) *Server {
	data, _ := json.Marshal(map[string][]byte{".dockerconfigjson": []byte(credentials)})
	return s.With(PullSecret, `{"kind":"Secret","data":`+string(data)+`}`)
}

// WithOperator puts the Deployment of the cluster version operator, with variables as NAME=VALUE.
func (s *Server) WithOperator(variables ...string) *Server {
	list := []map[string]string{{"name": "OTHER", "value": "x"}}
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		list = append(list, map[string]string{"name": name, "value": value})
	}
	env, _ := json.Marshal(list)
	return s.With(Operator, `{"kind":"Deployment","spec":{"template":{"spec":{"containers":[
		{"name":"sidecar","env":[{"name":"CLUSTER_PROFILE","value":"of-the-sidecar"}]},
		{"name":"cluster-version-operator","env":`+string(env)+`}]}}}}`)
}

// Forbid refuses the user these objects.
func (s *Server) Forbid(paths ...string) *Server {
	for _, path := range paths {
		s.forbidden[path] = true
	}
	return s
}

// Before lets a function see every request first; it answers itself when it returns true.
func (s *Server) Before(f func(http.ResponseWriter, *http.Request) bool) *Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = f
	return s
}

// Host is where the server listens, host:port.
func (s *Server) Host() string { return s.Listener.Addr().String() }

// Requests are the paths that were asked for, in order.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// CertificatePEM is the server's, as PEM.
func (s *Server) CertificatePEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

// Kubeconfig writes a kubeconfig for a user with this token and gives its path.
func (s *Server) Kubeconfig(t testing.TB, token string) string {
	t.Helper()
	return WriteKubeconfig(t, s.URL, token, s.CertificatePEM())
}

// WriteKubeconfig writes a kubeconfig with the context admin for a server and gives its path. An empty authority
// leaves the system's.
func WriteKubeconfig(t testing.TB, server, token string, authority []byte) string {
	t.Helper()
	cluster := map[string]any{"server": server}
	if len(authority) > 0 {
		cluster["certificate-authority-data"] = authority
	}
	config, err := json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "Config", "current-context": "admin",
		"clusters": []any{map[string]any{"name": "lab", "cluster": cluster}},
		"users":    []any{map[string]any{"name": "viewer", "user": map[string]any{"token": token}}},
		"contexts": []any{map[string]any{"name": "admin", "context": map[string]any{"cluster": "lab", "user": "viewer"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, config, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r.URL.Path)
	before := s.before
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	object, known := s.objects[r.URL.Path]
	switch authorization := r.Header.Get("Authorization"); {
	case before != nil && before(w, r):
	case authorization == "":
		forbid(w, r.URL.Path, "system:anonymous")
	case authorization != "Bearer "+Token:
		status(w, http.StatusUnauthorized, "Unauthorized")
	case s.forbidden[r.URL.Path]:
		forbid(w, r.URL.Path, "viewer")
	case !known:
		status(w, http.StatusNotFound, "the server could not find the requested resource")
	default:
		_, _ = io.WriteString(w, object)
	}
}

// forbid refuses an object as a real server does.
func forbid(w http.ResponseWriter, path, user string) {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	resource, name := parts[len(parts)-2], parts[len(parts)-1]
	status(w, http.StatusForbidden, fmt.Sprintf("%s %q is forbidden: User %q cannot get resource %q at the cluster scope", resource, name, user, resource))
}

func status(w http.ResponseWriter, code int, message string) {
	body, _ := json.Marshal(map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code})
	w.WriteHeader(code)
	_, _ = w.Write(body)
}
