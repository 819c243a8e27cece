package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/release-x/oc-release-x/internal/testcluster"
)

// A kubeconfig may get its tokens from an OpenID provider. Its token is still valid, so the provider is not asked.
func TestProviderOfTokens(t *testing.T) {
	part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	token := part(`{"alg":"none"}`) + "." + part(fmt.Sprintf(`{"exp":%d}`, time.Now().Add(time.Hour).Unix())) + "." + part("x")
	s := testcluster.New(t).Before(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Authorization") == "Bearer "+token {
			fmt.Fprint(w, `{"status":{"desired":{"version":"4.14.0"}}}`)
			return true
		}
		return false
	})
	data, err := os.ReadFile(s.Kubeconfig(t, "-"))
	if err != nil {
		t.Fatal(err)
	}
	provider := `{"auth-provider":{"name":"oidc","config":{"idp-issuer-url":"https://127.0.0.1:1","client-id":"x","id-token":"` + token + `"}}}`
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, bytes.Replace(data, []byte(`{"token":"-"}`), []byte(provider), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	command := program(t, "oc-release_x", "images")
	command.Env = append(command.Env, "KUBECONFIG="+kubeconfig)
	out, err := command.CombinedOutput()
	if want := "error: no release given, and the cluster at " + s.Host() + " names none yet"; code(t, err) != 3 || !strings.HasPrefix(string(out), want) {
		t.Errorf("exit code %d, %s", code(t, err), out)
	}
}

// A signal ends a command that waits for a cluster.
func TestInterruptWhileClusterIsAsked(t *testing.T) {
	arrived := make(chan bool, 1)
	s := testcluster.New(t).Before(func(_ http.ResponseWriter, r *http.Request) bool {
		arrived <- true
		<-r.Context().Done()
		return true
	})
	command := program(t, "oc-release_x", "images")
	command.Env = append(command.Env, "KUBECONFIG="+s.Kubeconfig(t, testcluster.Token))
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	<-arrived
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if got := code(t, wait(t, command)); got != 130 {
		t.Errorf("exit code %d", got)
	}
}

// Tests do not use the kubeconfig of the user who runs them.
func TestEnvironmentNamesNoCluster(t *testing.T) {
	command := program(t, "oc-release_x", "images")
	command.Env = append(command.Env, "KUBECONFIG=", "KUBERNETES_SERVICE_HOST=")
	out, err := command.CombinedOutput()
	if code(t, err) != 2 || !strings.HasSuffix(string(out), "; no cluster is configured: name a kubeconfig with --kubeconfig or $KUBECONFIG\n") {
		t.Errorf("exit code %d, %s", code(t, err), out)
	}
}
