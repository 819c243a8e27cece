package cluster

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/pkg/plugin"
	"github.com/release-x/oc-release-x/test/kubeapi"
)

// server is the API server of all tests in this package, because starting one takes a second.
var server *kubeapi.Server

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "kubeapi")
		if err != nil {
			log.Print(err)
			return 1
		}
		defer os.RemoveAll(dir)
		s, stop, err := kubeapi.Start(dir, readable)
		if err != nil {
			log.Print(err)
			return 1
		}
		defer stop()
		server = s
		if err := define(); err != nil {
			log.Print(err)
			return 1
		}
		return m.Run()
	}())
}

// readable lists what cluster-reader may get: everything that the program reads, except secrets.
func readable(_, resource, _ string) bool { return resource != "secrets" }

// define defines the kinds that an OpenShift cluster has beyond Kubernetes.
func define() error {
	for plural, kind := range map[string]string{
		"clusterversions": "ClusterVersion", "featuregates": "FeatureGate", "infrastructures": "Infrastructure",
	} {
		if err := server.Define(context.Background(), "config.openshift.io", plural, kind); err != nil {
			return err
		}
	}
	return nil
}

// object returns an object of a kind, with its name and fields.
func object(apiVersion, kind, name string, fields map[string]any) map[string]any {
	o := map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": name}}
	for field, value := range fields {
		o[field] = value
	}
	return o
}

func apply(t *testing.T, path string, object map[string]any) {
	t.Helper()
	if err := server.Apply(t.Context(), path, object); err != nil {
		t.Fatal(err)
	}
}

// release is a small release in a registry that requires the credentials of the cluster's pull secret.
type release struct {
	image, caFile string
}

// install makes the server one of a cluster that runs a release.
func install(t *testing.T) release {
	t.Helper()
	r, err := testrelease.New("4.14.0").WithComponent("etcd").WithComponent("pod").
		WithManifest("0000_50_a_00_default.yaml", configMap("default", "include.release.openshift.io/self-managed-high-availability=true")).
		WithManifest("0000_50_a_01_single.yaml", configMap("single", "include.release.openshift.io/single-node-developer=true")).
		WithManifest("0000_50_a_02_gate.yaml", configMap("gate", "include.release.openshift.io/single-node-developer=true", "release.openshift.io/feature-gate=Own")).
		WithManifest("0000_50_a_03_console.yaml", configMap("console", "include.release.openshift.io/single-node-developer=true", "capability.openshift.io/name=Console")).
		WithManifest("0000_50_a_04_override.yaml", configMap("override", "include.release.openshift.io/single-node-developer=true")).
		Build()
	if err != nil {
		t.Fatal(err)
	}
	open := testrelease.TLSRegistry(t)
	if err := r.PushTo(open, "ocp/release", "pinned"); err != nil {
		t.Fatal(err)
	}
	closed := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, password, _ := r.BasicAuth(); name != "puller" || password != "canary" {
			w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		open.Config.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(closed.Close)
	host := closed.Listener.Addr().String()
	image := host + "/ocp/release@" + r.Digest().String()
	describe(t, image, host)
	return release{image: image, caFile: writeCA(t, closed)}
}

// describe creates the objects that the program reads from a cluster.
func describe(t *testing.T, image, registry string) {
	t.Helper()
	const config = "/apis/config.openshift.io/v1/"
	apply(t, config+"clusterversions/version", object("config.openshift.io/v1", "ClusterVersion", "version", map[string]any{
		"spec": map[string]any{"overrides": []any{map[string]any{"group": "", "kind": "ConfigMap", "namespace": "", "name": "override", "unmanaged": true}}},
		"status": map[string]any{
			"desired":      map[string]any{"version": "4.14.0", "image": image},
			"history":      []any{map[string]any{"state": "Completed", "version": "4.13.0", "image": image}},
			"capabilities": map[string]any{"knownCapabilities": []any{"Console"}, "enabledCapabilities": []any{}},
		},
	}))
	apply(t, config+"featuregates/cluster", object("config.openshift.io/v1", "FeatureGate", "cluster", map[string]any{
		"status": map[string]any{"featureGates": []any{map[string]any{"version": "4.14.0", "enabled": []any{map[string]any{"name": "Own"}}}}},
	}))
	apply(t, config+"infrastructures/cluster", object("config.openshift.io/v1", "Infrastructure", "cluster", map[string]any{
		"status": map[string]any{"controlPlaneTopology": "SingleReplica"},
	}))
	container := map[string]any{"name": "cluster-version-operator", "env": []any{map[string]any{"name": "CLUSTER_PROFILE", "value": "single-node-developer"}}}
	apply(t, "/apis/apps/v1/namespaces/openshift-cluster-version/deployments/cluster-version-operator", object("apps/v1", "Deployment", "cluster-version-operator", map[string]any{
		"spec": map[string]any{"template": map[string]any{"spec": map[string]any{"containers": []any{container}}}},
	}))
	auth := base64.StdEncoding.EncodeToString([]byte("puller:canary"))
	credentials := fmt.Appendf(nil, `{"auths":{%q:{"auth":%q}}}`, registry, auth)
	apply(t, "/api/v1/namespaces/openshift-config/secrets/pull-secret", object("v1", "Secret", "pull-secret", map[string]any{
		"type": "kubernetes.io/dockerconfigjson", "data": map[string]any{".dockerconfigjson": credentials},
	}))
}

func configMap(name string, annotations ...string) string {
	text := "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\n  annotations:\n"
	for _, annotation := range annotations {
		key, value, _ := strings.Cut(annotation, "=")
		text += "    " + key + ": \"" + value + "\"\n"
	}
	return text
}

// kubeconfig writes a kubeconfig for a user of the server and returns its path.
func kubeconfig(t *testing.T, token string) string {
	t.Helper()
	path, err := server.Kubeconfig(token)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// writeCA writes the certificate of a registry into a file and returns its path.
func writeCA(t *testing.T, s *httptest.Server) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(path, pemOf(s), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// run runs the command line as a user of the server.
func run(t *testing.T, token string, args ...string) (code int, out, errOut string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	t.Setenv("KUBECONFIG", kubeconfig(t, token)) // cli-runtime reads the environment of the process
	code = plugin.Execute(t.Context(), plugin.Environment{
		Streams: plugin.Streams{In: strings.NewReader(""), Out: &stdout, ErrOut: &stderr},
		Getenv:  func(string) string { return "" },
		Home:    t.TempDir(),
		Name:    "oc release-x",
	}, args)
	return code, stdout.String(), stderr.String()
}

// want fails the test if the output or exit code of a run differs.
func want(t *testing.T, token string, args []string, code int, out, errOut string) {
	t.Helper()
	gotCode, gotOut, gotErr := run(t, token, args...)
	if gotCode != code {
		t.Errorf("%q: exit code %d, want %d", args, gotCode, code)
	}
	if diff := cmp.Diff([]string{out, errOut}, []string{gotOut, gotErr}); diff != "" {
		t.Errorf("%q (-want +got):\n%s", args, diff)
	}
}
