package cluster

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/internal/testsign"
	"github.com/release-x/oc-release-x/test/kubeapi"
)

// mirrorKinds are the paths of the mirror sets, by their files.
func mirrorKinds() map[string]string {
	return map[string]string{
		"idms.yaml": "/apis/config.openshift.io/v1/imagedigestmirrorsets/",
		"itms.yaml": "/apis/config.openshift.io/v1/imagetagmirrorsets/",
		"icsp.yaml": "/apis/operator.openshift.io/v1alpha1/imagecontentsourcepolicies/",
	}
}

// defineMirrorSets gives the server the kinds of mirror sets as clusters have them.
func defineMirrorSets(t *testing.T) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/openshift/api").Output()
	if err != nil {
		t.Fatal(err)
	}
	pattern := filepath.Join(strings.TrimSpace(string(out)), "payload-manifests", "crds", "0000_10_config-operator_01_image*.crd.yaml")
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	defined := 0
	for _, file := range files {
		definition := readObject(t, file)
		name := nameOf(definition)
		for _, path := range mirrorKinds() {
			if plural, group, _ := strings.Cut(name, "."); strings.HasPrefix(path, "/apis/"+group+"/") && strings.HasSuffix(path, "/"+plural+"/") {
				apply(t, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/"+name, definition)
				defined++
			}
		}
	}
	if defined != len(mirrorKinds()) {
		t.Fatalf("%s has %d of the kinds", pattern, defined)
	}
}

func readObject(t *testing.T, file string) (object map[string]any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &object); err != nil {
		t.Fatal(err)
	}
	return object
}

func nameOf(object map[string]any) string {
	metadata, _ := object["metadata"].(map[string]any)
	name, _ := metadata["name"].(string)
	return name
}

// An API server with the kinds of a cluster accepts what mirror writes, and verify finds the signature in it.
func TestClusterAcceptsTheFilesOfMirror(t *testing.T) {
	defineMirrorSets(t)
	key := testsign.NewKey(t, "release")
	r, err := testrelease.New("4.14.0").WithComponent("etcd").
		WithManifest(testsign.VerificationName, testsign.Verification(map[string]string{"verifier-public-key-x": testsign.Armored(t, key)})).Build()
	if err != nil {
		t.Fatal(err)
	}
	source, target := testrelease.TLSRegistry(t), testrelease.TLSRegistry(t)
	if err := r.PushTo(source, "ocp/release", "4.14.0"); err != nil {
		t.Fatal(err)
	}
	dir, keys := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{"key.asc": testsign.Armored(t, key), "signature.yaml": testsign.Signatures(r.Digest(), key.SignAtomic(t, r.Digest()))} {
		if err := os.WriteFile(filepath.Join(keys, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	address := func(s *httptest.Server) string { return s.Listener.Addr().String() }
	access := []string{"--certificate-authority", writeCA(t, source), "--keyring", filepath.Join(keys, "key.asc")}
	mirror := slices.Concat([]string{
		"mirror", address(source) + "/ocp/release:4.14.0", "--to", address(target) + "/ocp/m", "--only-release",
		"--manifests-to", dir, "--icsp", "--never-contact-source", "--signature", filepath.Join(keys, "signature.yaml"),
	}, access)
	if code, _, errOut := run(t, "", mirror...); code != 0 || errOut != "" {
		t.Fatalf("exit code %d, %s", code, errOut)
	}
	for file, path := range mirrorKinds() {
		object := readObject(t, filepath.Join(dir, file))
		apply(t, path+nameOf(object), object)
	}
	const configMaps = "/api/v1/namespaces/openshift-config-managed/configmaps/"
	name := "sha256-" + r.Digest().Encoded()
	signature := readObject(t, filepath.Join(dir, "signatures", name+".yaml"))
	apply(t, configMaps+nameOf(signature), signature)

	source.Close()
	line := slices.Concat([]string{
		"verify", address(source) + "/ocp/release@" + r.Digest().String(), "--skip", "image", "--idms-file", filepath.Join(dir, "idms.yaml"),
		"--server", server.URL, "--jq", `.checks[]|select(.name == "signature")|.result+(.reason|sub(".*, found in"; ""))`,
	}, access)
	want(t, kubeapi.AdminToken, line, 0, "PASS the connected cluster, ConfigMap openshift-config-managed/"+name+", "+name+"-1\n", "")
}

// The server refuses what `mirror` refuses to write, so its check is not stricter than clusters.
func TestClusterRefusesAddressesInMirrorSets(t *testing.T) {
	defineMirrorSets(t)
	for kind, field := range map[string]string{"ImageDigestMirrorSet": "imageDigestMirrors", "ImageTagMirrorSet": "imageTagMirrors"} {
		path := "/apis/config.openshift.io/v1/" + strings.ToLower(kind) + "s/refused"
		refused := object("config.openshift.io/v1", kind, "refused", map[string]any{
			"spec": map[string]any{field: []any{map[string]any{"source": "quay.io/a", "mirrors": []any{"[::1]:5000/a"}}}},
		})
		if err := server.Apply(t.Context(), path, refused); err == nil || !strings.Contains(err.Error(), "spec."+field+"[0].mirrors[0]") {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
