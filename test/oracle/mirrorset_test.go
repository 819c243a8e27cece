package oracle

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	configv1 "github.com/openshift/api/config/v1"
	operatorv1alpha1 "github.com/openshift/api/operator/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/release-x/oc-release-x/pkg/payload/mirror/clusterobject"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// The types of OpenShift and Kubernetes know every field of the objects, and read the same values.
func TestFilesForClustersAreObjects(t *testing.T) {
	release, art := oci.Repository{Host: "quay.io", Path: "ocp/release"}, oci.Repository{Host: "quay.io", Path: "ocp/art"}
	a, b := oci.Repository{Host: "registry.example.com:5000", Path: "a"}, oci.Repository{Host: "registry.example.com:5000", Path: "b"}
	sources := clusterobject.NewSources([]clusterobject.Copy{{From: art, To: b}, {From: art, To: a}, {From: release, To: a, Tagged: true}})
	d := digest.NewDigestFromEncoded(digest.SHA256, strings.Repeat("1", 64))
	files, err := clusterobject.Files(sources, []clusterobject.Signed{{Digest: d, Messages: [][]byte{{0x90, 0}, {0x80, 1}}}},
		clusterobject.Options{ICSP: true, NeverContactSource: true})
	if err != nil {
		t.Fatal(err)
	}
	const never = configv1.NeverContactSource
	name := metav1.ObjectMeta{Name: "release-x"}
	mirrors := []string{"registry.example.com:5000/a", "registry.example.com:5000/b"}
	config := func(kind string) metav1.TypeMeta {
		return metav1.TypeMeta{APIVersion: "config.openshift.io/v1", Kind: kind}
	}
	signature := "sha256-" + d.Encoded()
	want := map[string]any{
		"idms.yaml": &configv1.ImageDigestMirrorSet{TypeMeta: config("ImageDigestMirrorSet"), ObjectMeta: name, Spec: configv1.ImageDigestMirrorSetSpec{
			ImageDigestMirrors: []configv1.ImageDigestMirrors{
				{Source: "quay.io/ocp/art", Mirrors: []configv1.ImageMirror{"registry.example.com:5000/a", "registry.example.com:5000/b"}, MirrorSourcePolicy: never},
				{Source: "quay.io/ocp/release", Mirrors: []configv1.ImageMirror{"registry.example.com:5000/a"}, MirrorSourcePolicy: never},
			},
		}},
		"itms.yaml": &configv1.ImageTagMirrorSet{TypeMeta: config("ImageTagMirrorSet"), ObjectMeta: name, Spec: configv1.ImageTagMirrorSetSpec{
			ImageTagMirrors: []configv1.ImageTagMirrors{
				{Source: "quay.io/ocp/release", Mirrors: []configv1.ImageMirror{"registry.example.com:5000/a"}, MirrorSourcePolicy: never},
			},
		}},
		"icsp.yaml": &operatorv1alpha1.ImageContentSourcePolicy{
			TypeMeta:   metav1.TypeMeta{APIVersion: "operator.openshift.io/v1alpha1", Kind: "ImageContentSourcePolicy"},
			ObjectMeta: name,
			Spec: operatorv1alpha1.ImageContentSourcePolicySpec{RepositoryDigestMirrors: []operatorv1alpha1.RepositoryDigestMirrors{
				{Source: "quay.io/ocp/art", Mirrors: mirrors}, {Source: "quay.io/ocp/release", Mirrors: mirrors[:1]},
			}},
		},
		"signatures/" + signature + ".yaml": &corev1.ConfigMap{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
			ObjectMeta: metav1.ObjectMeta{
				Name: signature, Namespace: "openshift-config-managed",
				Labels: map[string]string{"release.openshift.io/verification-signatures": ""},
			},
			BinaryData: map[string][]byte{signature + "-1": {0x80, 1}, signature + "-2": {0x90, 0}},
		},
	}
	empty := map[string]any{
		"idms.yaml": &configv1.ImageDigestMirrorSet{}, "itms.yaml": &configv1.ImageTagMirrorSet{},
		"icsp.yaml": &operatorv1alpha1.ImageContentSourcePolicy{}, "signatures/" + signature + ".yaml": &corev1.ConfigMap{},
	}
	got := map[string]any{}
	for _, f := range files {
		if object := empty[f.Path]; object != nil {
			if err := yaml.UnmarshalStrict(f.Data, object); err != nil {
				t.Errorf("%s: %v", f.Path, err)
			}
			got[f.Path] = object
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
