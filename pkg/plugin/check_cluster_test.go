package plugin_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/release-x/oc-release-x/internal/testcluster"
	"github.com/release-x/oc-release-x/internal/testsign"
)

// Where the API server has what check reads.
const (
	digestMirrorSets = "/apis/config.openshift.io/v1/imagedigestmirrorsets"
	imagePolicies    = "/apis/config.openshift.io/v1/clusterimagepolicies"
	signatureMaps    = "/api/v1/namespaces/openshift-config-managed/configmaps"
)

// listOf returns a list with an object from YAML, without its type, as some servers send it.
func listOf(t *testing.T, text string) string {
	t.Helper()
	var object map[string]any
	if err := yaml.Unmarshal([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	delete(object, "kind")
	delete(object, "apiVersion")
	data, err := json.Marshal(map[string]any{"kind": "List", "items": []any{object}})
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestCheckOfWhatTheClusterHasApplied(t *testing.T) {
	m := newCheckedMirror(t)
	m.mirror(t)
	read := func(path string) string {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	message := read(firstFile(t, m.signatures))
	signed := `{"kind":"ConfigMapList","apiVersion":"v1","items":[` + strings.TrimSuffix(strings.SplitN(listOf(t, testsign.Signatures(m.release.Digest(), []byte(message))), `"items":[`, 2)[1], `],"kind":"List"}`) + `]}`
	policy := func(scope string) string {
		return listOf(t, "metadata: {name: mine}\nspec: {scopes: ['"+scope+"']}\n")
	}
	for name, test := range map[string]struct {
		cluster *testcluster.Server
		lost    string
		code    int
		want    string
	}{
		"complete": {
			cluster: testcluster.New(t).With(digestMirrorSets, listOf(t, read(m.idms))).With(signatureMaps, signed),
		},
		"no mirror sets": {
			cluster: testcluster.New(t).With(signatureMaps, signed), code: 3,
			want: "mirrors FAIL SOURCE/ocp/art\nmirrors FAIL SOURCE/ocp/release\n",
		},
		"no signature": {
			cluster: testcluster.New(t).With(digestMirrorSets, listOf(t, read(m.idms))).With(signatureMaps, `{"kind":"ConfigMapList","apiVersion":"v1","items":[]}`), code: 3,
			want: "signature FAIL image, keyring verifier-public-key-release\n",
		},
		"not allowed to list": {
			cluster: testcluster.New(t).With(signatureMaps, signed).Forbid(digestMirrorSets), code: 4,
			want: "mirrors SKIPPED the connected cluster\nmirrors SKIPPED SOURCE/ocp/art, SOURCE/ocp/release\n",
		},
		"a policy of the cluster": {
			cluster: testcluster.New(t).With(digestMirrorSets, listOf(t, read(m.idms))).With(signatureMaps, signed).With(imagePolicies, policy(m.source+"/ocp")),
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := m.check(t, "SOURCE/ocp/release:4.14.0-x86_64", "--mirror", "TARGET/ocp/m", "--included-by-cluster", "--kubeconfig", test.cluster.Kubeconfig(t, testcluster.Token),
				"--jq", `.checks[] | select(.result != "PASS") | [.name, .result, .subject] | join(" ")`)
			if got.code != test.code || got.out != test.want {
				t.Errorf("exit code %d, want %d\n%s%s", got.code, test.code, got.out, got.err)
			}
		})
	}
}

// Policies of the cluster demand signatures that the release does not.
func TestCheckOfPoliciesOfTheCluster(t *testing.T) {
	c := newCopies(t)
	r := c.push(t, c.release(t, "4.14.0", nil, "etcd"), "4.14.0-x86_64")
	if got := c.run(t, "SOURCE/ocp/release:4.14.0-x86_64", "--to", "TARGET/ocp/m"); got.code != 0 {
		t.Fatal(got.err)
	}
	server := testcluster.New(t).With(imagePolicies, listOf(t, "metadata: {name: mine}\nspec: {scopes: ['"+host(c.source.Server)+"/ocp/art']}\n"))
	args := []string{
		"check", host(c.source.Server) + "/ocp/release@" + r.Digest().String(), "--mirror", host(c.target.Server) + "/ocp/m", "--insecure", "--kubeconfig", server.Kubeconfig(t, testcluster.Token),
		"--jq", `.checks[] | select(.name == "sigstore") | .result+" "+.subject`,
	}
	source := host(c.source.Server)
	want(t, run(t, args...), 0, "SKIPPED "+source+"/ocp/art\nSKIPPED "+source+"/ocp/release\n", "")
	got := run(t, append(args, "--included-by-cluster")...)
	if got.code != 3 || got.out != "FAIL etcd\nSKIPPED "+source+"/ocp/release\n" {
		t.Errorf("exit code %d, %s%s", got.code, got.out, got.err)
	}
}

// firstFile returns the first file below a directory.
func firstFile(t *testing.T, dir string) (path string) {
	t.Helper()
	err := filepath.Walk(dir, func(name string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() && path == "" {
			path = name
		}
		return err
	})
	if err != nil || path == "" {
		t.Fatal("no file in ", dir, err)
	}
	return path
}
