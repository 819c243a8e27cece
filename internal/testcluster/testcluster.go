// Package testcluster is an API server of an OpenShift cluster for tests, with TLS, bearer tokens, the objects that the program
// reads, and the same errors as a real server.
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

// Token is the token of the user viewer. The server accepts no other.
const Token = "sha256~canary-of-the-cluster"

// The paths of the objects that the program reads.
const (
	AdminAcks      = "/api/v1/namespaces/openshift-config/configmaps/admin-acks"
	ClusterVersion = "/apis/config.openshift.io/v1/clusterversions/version"
	FeatureGate    = "/apis/config.openshift.io/v1/featuregates/cluster"
	Infrastructure = "/apis/config.openshift.io/v1/infrastructures/cluster"
	Operator       = "/apis/apps/v1/namespaces/openshift-cluster-version/deployments/cluster-version-operator"
	PullSecret     = "/api/v1/namespaces/openshift-config/secrets/pull-secret"
)

// Server is a running server. Add its objects before the first request.
type Server struct {
	*httptest.Server
	objects   map[string]string
	forbidden map[string]bool

	mu       sync.Mutex
	before   func(http.ResponseWriter, *http.Request) bool
	requests []string
}

// New starts a server without objects. It ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{objects: map[string]string{}, forbidden: map[string]bool{}}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // tests include clients that do not trust it
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// With adds an object as JSON.
func (s *Server) With(path, object string) *Server {
	s.objects[path] = object
	return s
}

// WithRelease adds a ClusterVersion that runs a release.
func (s *Server) WithRelease(version, image string) *Server {
	return s.With(ClusterVersion, fmt.Sprintf(`{"kind":"ClusterVersion","status":{"desired":{"version":%q,"image":%q}}}`, version, image))
}

// WithPullSecret adds a pull secret.
func (s *Server) WithPullSecret(credentials string) *Server {
	data, _ := json.Marshal(map[string][]byte{".dockerconfigjson": []byte(credentials)})
	return s.With(PullSecret, `{"kind":"Secret","data":`+string(data)+`}`)
}

// WithOperator adds the Deployment of the cluster version operator with environment variables, NAME=VALUE.
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

// Forbid forbids the user to read objects.
func (s *Server) Forbid(paths ...string) *Server {
	for _, path := range paths {
		s.forbidden[path] = true
	}
	return s
}

// Before calls f with every request. If f returns true, it has answered the request.
func (s *Server) Before(f func(http.ResponseWriter, *http.Request) bool) *Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = f
	return s
}

// Host is the host:port of the server.
func (s *Server) Host() string { return s.Listener.Addr().String() }

// Requests returns the paths of all requests in their order.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// CertificatePEM is the server's certificate as PEM.
func (s *Server) CertificatePEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

// Kubeconfig writes a kubeconfig for a user with this token and returns its path.
func (s *Server) Kubeconfig(t testing.TB, token string) string {
	t.Helper()
	return WriteKubeconfig(t, s.URL, token, s.CertificatePEM())
}

// WriteKubeconfig writes a kubeconfig with the context admin for a server and returns its path. Without a CA certificate, clients
// use those of the system.
func WriteKubeconfig(t testing.TB, server, token string, caCertificate []byte) string {
	t.Helper()
	cluster := map[string]any{"server": server}
	if len(caCertificate) > 0 {
		cluster["certificate-authority-data"] = caCertificate
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
	object, found := s.objects[r.URL.Path]
	switch authorization := r.Header.Get("Authorization"); {
	case before != nil && before(w, r):
	case authorization == "":
		forbid(w, r.URL.Path, "system:anonymous")
	case authorization != "Bearer "+Token:
		status(w, http.StatusUnauthorized, "Unauthorized")
	case s.forbidden[r.URL.Path]:
		forbid(w, r.URL.Path, "viewer")
	case !found:
		status(w, http.StatusNotFound, "the server could not find the requested resource")
	default:
		_, _ = io.WriteString(w, object)
	}
}

// forbid answers like a real server for an object that the user may not read.
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
