package registry

import (
	"net/http"
	"path/filepath"
	"testing"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/internal/testsign"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Where the releases of the page are.
const (
	pageReleases   = "openshift-release-dev/ocp-release"
	pageComponents = "openshift-release-dev/ocp-v4.0-art-dev"
	pageStore      = "mirror.openshift.com"
	pageStorePath  = "/pub/openshift-v4/signatures/openshift/release"
)

const pageBootImages = `apiVersion: v1
kind: ConfigMap
metadata:
  name: coreos-bootimages
  namespace: openshift-machine-config-operator
  annotations:
    include.release.openshift.io/self-managed-high-availability: "true"
data:
  stream: |
    {"architectures": {"x86_64": {"artifacts": {"metal": {"formats": {"iso": {"disk": {
      "location": "https://rhcos.mirror.openshift.com/art/storage/prod/streams/rhel-9.6/builds/9.6.20251015-1/x86_64/rhcos-9.6.20251015-1-live-iso.x86_64.iso",
      "sha256": "51ea0b0b8f5d3f6b0a5d9d6f9a8c7f1a3f1e5d3c7b9a1f2e4d6c8b0a9f8e7d6c"
    }}}}}}}}
`

const pageGates = `apiVersion: v1
kind: ConfigMap
metadata:
  name: admin-gates
  namespace: openshift-config-managed
  annotations:
    include.release.openshift.io/self-managed-high-availability: "true"
data: {}
`

// pushPageReleases pushes 4.20.8, 4.21.2 and 4.21.3 with docker's media types and both kinds of signatures, as real releases have them. Only
// the policies of 4.21 cover clusters with the default feature set. It returns flags for the keys.
func pushPageReleases(t *testing.T, source *server, store *http.ServeMux) (keys []string) {
	t.Helper()
	signer, key, signatures := testsign.NewSigner(t, "ed25519"), testsign.NewKey(t, "release"), testsign.NewImages()
	push := func(b *testrelease.Builder, repository, tag string) *testrelease.Release {
		image := build(t, b.WithDockerMediaTypes())
		if err := image.PushTo(source.Server, repository, tag); err != nil {
			t.Fatal(err)
		}
		at := oci.Repository{Host: "quay.io", Path: repository}
		signatures.AddSignatures(t, at, image.Digest(), signer.SignatureLayer(t, image.Digest(), at.String()))
		return image
	}
	for version, featureSet := range map[string]string{"4.20.8": "TechPreviewNoUpgrade", "4.21.2": "", "4.21.3": ""} {
		release := testrelease.New(version).WithPrevious("4.20.7", "4.20.8").
			WithManifest("0000_50_installer_coreos-bootimages.yaml", pageBootImages).
			WithOperatorManifest("0000_00_cluster-version-operator_01_admingate_configmap.yaml", pageGates).
			WithManifest(testsign.PolicyName, testsign.Policy(signer.PEM, featureSet, "quay.io/"+pageReleases, "quay.io/"+pageComponents)).
			WithManifest(testsign.VerificationName, testsign.Verification(map[string]string{
				"verifier-public-key-redhat": testsign.Armored(t, key), "store-openshift": "https://" + pageStore + pageStorePath,
			}))
		for _, name := range []string{"cli", "cluster-version-operator", "etcd", "hyperkube", "machine-config-operator", "pod"} {
			of := version
			if name == "etcd" || name == "pod" {
				of = "4.20.8" // both releases have the same
			}
			component := testrelease.New(of).WithLabel("io.openshift.release", "").WithComponent(name)
			release.WithComponent(name, testrelease.Image("quay.io/"+pageComponents+"@"+push(component, pageComponents, of+"-"+name).Digest().String()))
		}
		d := push(release, pageReleases, version+"-x86_64").Digest()
		signature := key.SignAtomic(t, d)
		store.HandleFunc(pageStorePath+"/sha256="+d.Encoded()+"/signature-1", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(signature) })
	}
	signatures.PushTo(t, source.Server)
	return []string{
		"--keyring", write(t, filepath.Join(t.TempDir(), "key.asc"), testsign.Armored(t, key)),
		"--key", write(t, filepath.Join(t.TempDir(), "cosign.pub"), signer.PEM),
	}
}
