package plugin_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/testcluster"
	"github.com/release-x/oc-release-x/internal/testguard"
	"github.com/release-x/oc-release-x/internal/testrelease"
)

// guarded is a registry that holds a release and requires a name and a password.
func guarded(t *testing.T, b *testrelease.Builder) (registry, ca string) {
	t.Helper()
	open := testrelease.TLSRegistry(t)
	push(t, open, b)
	closed := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, password, _ := r.BasicAuth(); name != "puller" || password != "canary-of-the-registry" {
			w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		open.Config.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(closed.Close)
	return host(closed), caFile(t, closed.Certificate())
}

// pullSecret returns a pull secret with credentials for a registry.
func pullSecret(registry string) string {
	return `{"auths":{"` + registry + `":{"auth":"` + base64.StdEncoding.EncodeToString([]byte("puller:canary-of-the-registry")) + `"}}}`
}

func TestPullSecretFromCluster(t *testing.T) {
	registry, ca := guarded(t, small())
	s := testcluster.New(t).WithRelease("4.14.0", registry+"/ocp/release:4.14.0").WithPullSecret(pullSecret(registry))
	args := []string{"images", "pod", "--release", registry + "/ocp/release:4.14.0", "--certificate-authority", ca, "-o", "name"}

	got := in(t, s, args...)
	if got.code != 4 || !strings.Contains(got.err, registry) {
		t.Errorf("without credentials: %+v", got)
	}
	want(t, in(t, s, append(args, "--pull-secret-from-cluster")...), 0, "pod\n", "")
	want(t, in(t, s, "images", "--pull-secret-from-cluster", "--certificate-authority", ca, "--jq", ".items|length"), 0, "4\n", "")

	want(t, in(t, s, append(args, "--pull-secret-from-cluster", "--authfile", "x")...), 2, "",
		"error: --pull-secret-from-cluster and --authfile both say where credentials are: give one of them\n")
	want(t, run(t, append(args, "--pull-secret-from-cluster")...), 2, "",
		"error: "+registry+"/ocp/release:4.14.0: --pull-secret-from-cluster: no cluster is configured: name a kubeconfig with --kubeconfig or $KUBECONFIG\n")

	s = testcluster.New(t).Forbid(testcluster.PullSecret)
	want(t, in(t, s, append(args, "--pull-secret-from-cluster")...), 4, "", "error: "+registry+"/ocp/release:4.14.0: --pull-secret-from-cluster: the API server "+s.Host()+
		" refuses secrets/pull-secret in namespace openshift-config: the user viewer lacks the permission to get secrets in the namespace openshift-config\n")
	s = testcluster.New(t)
	want(t, in(t, s, append(args, "--pull-secret-from-cluster")...), 3, "", "error: "+registry+"/ocp/release:4.14.0: --pull-secret-from-cluster: the cluster at "+s.Host()+
		" has no secrets/pull-secret in namespace openshift-config\n")

	wrong := testcluster.New(t).WithPullSecret(`{"auths":{"` + registry + `":{"auth":"Y2FuYXJ5OmNhbmFyeQ=="}}}`)
	got = in(t, wrong, append(args, "--pull-secret-from-cluster")...)
	if got.code != 4 || !strings.Contains(got.err, "the pull secret of the cluster at "+wrong.Host()) {
		t.Errorf("with wrong credentials: %+v", got)
	}
	malformed := testcluster.New(t).WithPullSecret(`{"auths":"canary"}`)
	got = in(t, malformed, append(args, "--pull-secret-from-cluster")...)
	if got.code != 4 || !strings.Contains(got.err, "the pull secret of the cluster at "+malformed.Host()) || strings.Contains(got.err, "canary") {
		t.Errorf("with a malformed secret: %+v", got)
	}
}

// The output contains no secret of a cluster or registry.
func TestClusterSecretsAreNeverPrinted(t *testing.T) {
	registry, ca := guarded(t, small())
	image := registry + "/ocp/release:4.14.0"
	s := testcluster.New(t).WithRelease("4.14.0", image).WithPullSecret(pullSecret(registry)).WithOperator()
	refuses := testcluster.New(t).Forbid(testcluster.ClusterVersion)
	encoded := base64.StdEncoding.EncodeToString([]byte("puller:canary-of-the-registry"))
	for _, c := range []struct {
		s    *testcluster.Server
		args string
	}{
		{s, "images"},
		{s, "images -o yaml"},
		{s, "env 4.14.0"},
		{s, "info -o json"},
		{s, "manifests --included-by-cluster"},
		{refuses, "images"},
		{refuses, "images 4.14.0"},
		{refuses, "manifests " + image + " --included-by-cluster"},
		{s, "images --token sha256~canary-flag"},
		{s, "images --token=sha256~canary-flag --nope"},
		{s, "images --server https://user:canary@127.0.0.1:1"},
		{s, "images --proxy-url http://user:canary@127.0.0.1:1"},
		{s, "images --proxy-url name:canary@127.0.0.1:1"},
		{s, "images --proxy-url ftp://user:canary@127.0.0.1:1"},
		{s, "images --server https://user:canary@:x"},
	} {
		args := append(strings.Fields(c.args), "--pull-secret-from-cluster", "--certificate-authority", ca, "-v=9")
		got := in(t, c.s, args...)
		if strings.Contains(got.out+got.err, "canary") || strings.Contains(got.out+got.err, encoded) {
			t.Errorf("%s: a secret is shown:\n%s%s", c.args, got.out, got.err)
		}
		if fails := strings.Contains(c.args, "canary") || c.s == refuses; (got.code != 0) != fails {
			t.Errorf("%s: exit code %d, %s", c.args, got.code, got.err)
		}
	}
}

// A kubeconfig may name a program that returns tokens.
func TestProgramForCredentials(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the programs are shell scripts")
	}
	s := testcluster.New(t).WithRelease("4.14.0", "")
	kubeconfig := func(script string) string {
		program := writeFile(t, "login", "#!/bin/sh\n"+script)
		if err := os.Chmod(program, 0o700); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(s.Kubeconfig(t, ""))
		if err != nil {
			t.Fatal(err)
		}
		var config map[string]any
		if err := json.Unmarshal(data, &config); err != nil {
			t.Fatal(err)
		}
		config["users"] = []any{map[string]any{"name": "viewer", "user": map[string]any{"exec": map[string]any{
			"apiVersion": "client.authentication.k8s.io/v1", "command": program, "interactiveMode": "Never",
		}}}}
		if data, err = json.Marshal(config); err != nil {
			t.Fatal(err)
		}
		return writeFile(t, "kubeconfig", string(data))
	}
	credential := `{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"` + testcluster.Token + `"}}`
	want(t, run(t, "images", "--kubeconfig", kubeconfig("echo '"+credential+"'\n")), 3, "",
		"error: no release given, and the cluster at "+s.Host()+" names none yet: its ClusterVersion has no status.desired.image\n")

	failing := kubeconfig("exit 3\n")
	got := run(t, "images", "--kubeconfig", failing)
	if got.code != 4 || !strings.Contains(got.err, "no credentials for the API server "+s.Host()+": exec: executable ") || !strings.Contains(got.err, "failed with exit code 3") {
		t.Errorf("%+v", got)
	}

	// The program ends when the test has ended, which removes the directory.
	hanging := kubeconfig("while [ -e '" + t.TempDir() + "' ]; do sleep 0.2; done\n")
	var slow result
	testguard.Finishes(t, "a command whose program for credentials hangs", func() {
		slow = run(t, "images", "--kubeconfig", hanging, "--request-timeout", "50ms")
	})
	want(t, slow, 5, "", "error: no release given, and reading the release of the cluster failed: "+
		"the API server "+s.Host()+" does not answer within 50ms; --request-timeout sets how long to wait\n")
}
