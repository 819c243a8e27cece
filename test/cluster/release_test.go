package cluster

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/release-x/oc-release-x/test/kubeapi"
)

func pemOf(s *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

// host returns the name of the server in messages.
func host() string { return strings.TrimPrefix(server.URL, "https://") }

func TestReleaseOfCluster(t *testing.T) {
	r := install(t)
	access := []string{"--pull-secret-from-cluster", "--certificate-authority", r.caFile}
	for release, warning := range map[string]string{
		"": "", "4.14.0": "",
		"4.13.0": "Warning: 4.13.0 is release 4.14.0, not 4.13.0\n", // the history of the cluster has the same image for it
	} {
		args := append([]string{"images", "-o", "name"}, access...)
		if release != "" {
			args = append(args, "--release", release)
		}
		want(t, kubeapi.AdminToken, args, 0, "etcd\npod\n", warning)
	}
	want(t, kubeapi.AdminToken, append([]string{"images", "--jq", ".release.image"}, access...), 0, r.image+"\n", "")
	want(t, kubeapi.AdminToken, append([]string{"manifests", "--included-by-cluster", "-o", "name"}, access...), 0, "configmap/single\nconfigmap/gate\n", "")
	want(t, kubeapi.AdminToken, append([]string{"manifests", "--included-by-cluster", "--all", "--jq", `.items[-2:][].reason`}, access...), 0,
		"disabled capability Console\noverridden: unmanaged\n", "")
}

func TestRefusals(t *testing.T) {
	install(t)
	const asking = "error: no release given, and reading the release of the cluster failed: "
	refused := "the API server " + host() + " does not accept the credentials: log in again, or give --token\n"
	want(t, "unknown-token", []string{"images"}, 4, "", asking+refused)
	want(t, kubeapi.AdminToken, []string{"images", "--token", "another"}, 4, "", asking+refused)
	want(t, "", []string{"images"}, 4, "", asking+"the API server "+host()+" was asked without credentials: log in, or give --token\n")
	want(t, kubeapi.NobodyToken, []string{"images"}, 4, "", asking+"the API server "+host()+
		" refuses clusterversions.config.openshift.io/version: the user nobody lacks the permission to get clusterversions.config.openshift.io in the cluster\n")
	code, out, errOut := run(t, kubeapi.ReaderToken, "images", "--pull-secret-from-cluster")
	if code != 4 || out != "" || !strings.HasSuffix(errOut, "--pull-secret-from-cluster: the API server "+host()+
		" refuses secrets/pull-secret in namespace openshift-config: the user reader lacks the permission to get secrets in the namespace openshift-config\n") {
		t.Errorf("exit code %d, %s%s", code, out, errOut)
	}
}

// The server has only the kinds of Kubernetes.
func TestNotOpenShift(t *testing.T) {
	plain, stop, err := kubeapi.Start(t.TempDir(), readable)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	config, err := plain.Kubeconfig(kubeapi.AdminToken)
	if err != nil {
		t.Fatal(err)
	}
	want(t, kubeapi.AdminToken, []string{"images", "--kubeconfig", config}, 3, "", "error: no release given, and reading the release of the cluster failed: "+
		"the server "+strings.TrimPrefix(plain.URL, "https://")+" is not OpenShift: it has no ClusterVersion\n")
}

// kubectl runs the program as its plugin.
func TestThroughKubectl(t *testing.T) {
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		t.Skip("kubectl is not installed")
	}
	r := install(t)
	bin := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(bin, "kubectl-release_x"), "github.com/release-x/oc-release-x/cmd/oc-release-x")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	as := func(token string, args ...string) (string, error) {
		command := exec.CommandContext(t.Context(), kubectl, append([]string{"release-x"}, args...)...)
		command.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"),
			"KUBECONFIG="+kubeconfig(t, token), "HOME="+t.TempDir(), "OCP_RELEASE_IMAGE=")
		out, err := command.CombinedOutput()
		return string(out), err
	}
	access := []string{"--pull-secret-from-cluster", "--certificate-authority", r.caFile}
	if out, err := as(kubeapi.AdminToken, append([]string{"images", "-o", "name"}, access...)...); err != nil || out != "etcd\npod\n" {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := as(kubeapi.AdminToken, append([]string{"manifests", "--included-by-cluster", "-o", "name"}, access...)...); err != nil || out != "configmap/single\nconfigmap/gate\n" {
		t.Errorf("%v: %s", err, out)
	}
	out, err := as("unknown-token", "images")
	if err == nil || err.Error() != "exit status 4" || !strings.HasSuffix(out, "does not accept the credentials: log in again, or give --token\n") {
		t.Errorf("%v: %s", err, out)
	}
	// The cluster and the user come from kubectl's flags.
	out, err = as(kubeapi.AdminToken, "images", "--as", "nobody")
	if err == nil || err.Error() != "exit status 4" || !strings.Contains(out, "the user nobody lacks the permission") {
		t.Errorf("--as: %v: %s", err, out)
	}
	two := severalContexts(t)
	if out, err := as("", append([]string{"images", "-o", "name", "--kubeconfig", two, "--context", "admin"}, access...)...); err != nil || out != "etcd\npod\n" {
		t.Errorf("--context: %v: %s", err, out)
	}
	if out, err := as("", append([]string{"images", "-o", "name", "--kubeconfig", two, "--context", "exec"}, access...)...); err != nil || out != "etcd\npod\n" {
		t.Errorf("an exec credential plugin: %v: %s", err, out)
	}
	if out, err := as("", "images", "--kubeconfig", two); err == nil || !strings.Contains(out, "the user nobody lacks the permission") {
		t.Errorf("the current context: %v: %s", err, out)
	}
	// The program reads the same as kubectl.
	get := exec.CommandContext(t.Context(), kubectl, "--kubeconfig", kubeconfig(t, kubeapi.AdminToken), "get", "clusterversion", "version", "-o", "jsonpath={.status.desired.image}")
	get.Env = append(os.Environ(), "HOME="+t.TempDir())
	if out, err := get.CombinedOutput(); err != nil || string(out) != r.image {
		t.Errorf("kubectl get: %v: %s", err, out)
	}
}

// severalContexts writes a kubeconfig with three contexts: the current one of the user nobody, one of the administrator,
// and one with a program that prints the administrator's token.
func severalContexts(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "print-token")
	script := "#!/bin/sh\necho '" + `{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"` + kubeapi.AdminToken + `"}}` + "'\n"
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	config := api.NewConfig()
	config.Clusters["lab"] = &api.Cluster{Server: server.URL, CertificateAuthority: server.CAFile}
	config.AuthInfos["nobody"] = &api.AuthInfo{Token: kubeapi.NobodyToken}
	config.AuthInfos["admin"] = &api.AuthInfo{Token: kubeapi.AdminToken}
	config.AuthInfos["exec"] = &api.AuthInfo{Exec: &api.ExecConfig{
		Command: program, APIVersion: "client.authentication.k8s.io/v1", InteractiveMode: api.NeverExecInteractiveMode,
	}}
	for user := range config.AuthInfos {
		config.Contexts[user] = &api.Context{Cluster: "lab", AuthInfo: user}
	}
	config.CurrentContext = "nobody"
	path := filepath.Join(dir, "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}
