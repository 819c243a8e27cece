package plugin_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/testcluster"
	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Names that neither the program nor the payload knows are errors, found before anything is printed.
func TestUnknownNamesInSettings(t *testing.T) {
	release := layout(t, ordered().
		WithManifest("0000_70_z_00.yaml", object("ConfigMap", "hyper", "include.release.openshift.io/hyperscale=true")).
		WithManifest("0000_70_z_01.yaml", object("ConfigMap", "set", included, "release.openshift.io/feature-set=NextYearNoUpgrade")).
		WithManifest("0000_70_z_02.yaml", object("ConfigMap", "zoo", included, "capability.openshift.io/name=Zoo")))
	current, _ := manifest.CapabilitySet("vCurrent", []string{"Zoo"})
	capabilities, unknown := strings.Join(current, ", "), ": neither this program nor release 4.14.0 knows this "
	config := writeFile(t, "install-config.yaml", "apiVersion: v1\ncapabilities: {additionalEnabledCapabilities: [consle]}\n")
	for _, test := range []struct{ args, want string }{
		{"--profile foo", "--profile foo" + unknown + "profile; there are hyperscale, hypershift, ibm-cloud-managed, self-managed-high-availability, single-node-developer"},
		{"--profile hyperscal", "--profile hyperscal" + unknown + "profile; did you mean hyperscale?"},
		{"--feature-set TechPreview", "--feature-set TechPreview" + unknown + "feature set; did you mean TechPreviewNoUpgrade?"},
		{"--feature-set default", "--feature-set default" + unknown + "feature set; did you mean Default?"},
		{"--capabilities xyzzy", "--capabilities xyzzy" + unknown + "capability; there are " + capabilities},
		{"--capabilities consle,Build", "--capabilities consle" + unknown + "capability; did you mean Console?"},
		{"--known-capabilities Zo", "--known-capabilities Zo" + unknown + "capability; did you mean Zoo?"},
		{"--install-config " + config, "--install-config " + config + ": additionalEnabledCapabilities consle" + unknown + "capability; did you mean Console?"},
		{"--feature-set OK --profile single-node", "--profile single-node" + unknown + "profile; did you mean single-node-developer?; --feature-set OK" + unknown + "feature set; did you mean OKD?"},
	} {
		for _, command := range []string{"manifests", "graph"} {
			want(t, run(t, append([]string{command, release}, strings.Fields(test.args)...)...), 2, "", "error: "+test.want+"\n")
		}
	}
	want(t, run(t, "manifests", release, "--profile", "hyperscale", "-o", "name"), 0, "configmap/hyper\n", "")
	want(t, run(t, "manifests", release, "--feature-set", "NextYearNoUpgrade", "-o", "name", "--level", "70"), 0, "configmap/set\nconfigmap/zoo\n", "")
	want(t, run(t, "manifests", release, "--capabilities", "Zoo", "-o", "name", "--level", "70"), 0, "configmap/zoo\n", "")
}

// A gate that no manifest names has no effect, so there is a warning.
func TestUnusedFeatureGates(t *testing.T) {
	release := layout(t, varied())
	names := []string{"manifests", release, "--profile", "single-node-developer", "--feature-set", "TechPreviewNoUpgrade", "-o", "name", "--kind", "ConfigMap", "--component", "a"}
	const usual = "configmap/single\nconfigmap/excluded\nconfigmap/preview\nconfigmap/console\nconfigmap/storage\nconfigmap/new\nconfigmap/override\n"
	want(t, run(t, append(names, "--feature-gates", "OfPaylod,Nope")...), 0, usual, ""+
		"Warning: --feature-gates OfPaylod: no manifest names this feature gate; did you mean OfPayload?\n"+
		"Warning: --feature-gates Nope: no manifest names this feature gate\n")
	config := writeFile(t, "install-config.yaml", "apiVersion: v1\nfeatureSet: CustomNoUpgrade\nfeatureGates: [Nope=true, Other=false]\n")
	got := run(t, "manifests", release, "--install-config", config, "-o", "name")
	want(t, got, 0, "configmap/ha\n", "Warning: --install-config "+config+": featureGates Nope: no manifest names this feature gate\n")
}

// An override that matches no object causes a warning, which names the field that differs.
func TestOverridesWithoutMatch(t *testing.T) {
	deployment := strings.Replace(object("Deployment", "etcd-operator", included), "metadata:\n", "metadata:\n  namespace: etcd\n", 1)
	release := layout(t, testrelease.New("4.14.0").WithComponent("etcd").
		WithManifest("0000_50_a_00.yaml", strings.Replace(deployment, "apiVersion: v1", "apiVersion: apps/v1", 1)).
		WithManifest("0000_50_a_01.yaml", object("Namespace", "etcd", included)))
	for _, test := range []struct{ group, kind, namespace, name, want string }{
		{"apps", "Deployment", "etcd", "etcd-operator", ""},
		{"", "Namespace", "anything", "etcd", ""},
		{"apps/v1", "Deployment", "etcd", "etcd-operator", "apps/v1 Deployment etcd/etcd-operator; did you mean the group apps?"},
		{"core", "Namespace", "", "etcd", `core Namespace etcd; did you mean the group "", the core group?`},
		{"apps", "deployment", "etcd", "etcd-operator", "apps deployment etcd/etcd-operator; did you mean the kind Deployment?"},
		{"apps", "Deployment", "", "etcd-operator", "apps Deployment etcd-operator; did you mean the namespace etcd?"},
		{"apps", "Deployment", "etcd", "etc-operator", "apps Deployment etcd/etc-operator; did you mean etcd-operator?"},
		{"apps", "DaemonSet", "x", "y", "apps DaemonSet x/y"},
	} {
		override := fmt.Sprintf(`[{"group": %q, "kind": %q, "namespace": %q, "name": %q, "unmanaged": true}]`, test.group, test.kind, test.namespace, test.name)
		out, code, warning, clusters := "deployment.apps/etcd-operator\nnamespace/etcd\n", 7, "", ""
		s := testcluster.New(t).WithOperator()
		if test.want != "" {
			warning = "Warning: --overrides: no object is " + test.want + "\n"
			clusters = "Warning: overrides of the cluster at " + s.Host() + ": no object is " + test.want + "\n"
		} else {
			_, left, _ := strings.Cut(out, "\n")
			if test.kind == "Namespace" {
				left = strings.TrimSuffix(out, left)
			}
			out, code = left, 0
		}
		want(t, run(t, "manifests", release, "-o", "name", "--overrides", writeFile(t, "overrides.yaml", override)), 0, out, warning)
		if got := run(t, "manifests", release, "-o", "name", "--strict", "--overrides", writeFile(t, "overrides.yaml", override)); got.code != code {
			t.Errorf("%s: --strict: exit code %d, want %d", override, got.code, code)
		}
		s.With(testcluster.ClusterVersion, `{"spec": {"overrides": `+override+`}, "status": {"desired": {"version": "4.14.0", "image": "q.io/a/b:c"}}}`)
		want(t, in(t, s, "manifests", release, "-o", "name", "--included-by-cluster"), 0, out, clusters)
	}
}
