package plugin_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/testcluster"
	"github.com/release-x/oc-release-x/internal/testrelease"
)

const (
	profiled = "include.release.openshift.io/single-node-developer=true"
	hosted   = "include.release.openshift.io/ibm-cloud-managed=true"
	gateOnly = "include.release.openshift.io/single-node-developer=false-except-for-the-config-operator"
)

// varied returns a release with an object for every setting of a cluster.
func varied() *testrelease.Builder {
	gates := object("FeatureGate", "cluster", gateOnly)
	gates = strings.Replace(gates, "apiVersion: v1", "apiVersion: config.openshift.io/v1", 1) +
		"spec:\n  featureSet: TechPreviewNoUpgrade\nstatus:\n  featureGates:\n  - version: 4.14.0\n    enabled:\n    - name: OfPayload\n"
	return testrelease.New("4.14.0").WithComponent("etcd").
		WithOperatorManifest("0000_00_cluster-version-operator_00_config.yaml", object("ConfigMap", "own", profiled)+"data:\n  release: '{{.ReleaseImage}}'\n  profile: '{{.ClusterProfile}}'\n").
		WithManifest("0000_50_a_00_default.yaml", object("ConfigMap", "ha", included)).
		WithManifest("0000_50_a_01_profile.yaml", object("ConfigMap", "single", profiled)).
		WithManifest("0000_50_a_02_hosted.yaml", object("ConfigMap", "hosted", hosted)).
		WithManifest("0000_50_a_03_excluded.yaml", object("ConfigMap", "excluded", profiled, "exclude.release.openshift.io/lab=true")).
		WithManifest("0000_50_a_04_preview.yaml", object("ConfigMap", "preview", profiled, preview)).
		WithManifest("0000_50_a_05_cluster-gate.yaml", object("ConfigMap", "gate", profiled, "release.openshift.io/feature-gate=OfCluster")).
		WithManifest("0000_50_a_06_payload-gate.yaml", object("ConfigMap", "payload-gate", profiled, "release.openshift.io/feature-gate=OfPayload")).
		WithManifest("0000_50_a_07_console.yaml", object("ConfigMap", "console", profiled, console)).
		WithManifest("0000_50_a_08_storage.yaml", object("ConfigMap", "storage", profiled, "capability.openshift.io/name=Storage")).
		WithManifest("0000_50_a_09_new.yaml", object("ConfigMap", "new", profiled, "capability.openshift.io/name=New")).
		WithManifest("0000_50_a_10_override.yaml", object("ConfigMap", "override", profiled)).
		WithManifest("0000_50_a_11_gates.yaml", gates)
}

// laboratory returns a cluster that runs a version of varied and has no setting at its default.
func laboratory(t *testing.T, version, image, hash string) *testcluster.Server {
	return testcluster.New(t).
		WithOperator("CLUSTER_PROFILE=single-node-developer", "EXCLUDE_MANIFESTS=lab").
		With(testcluster.FeatureGate, fmt.Sprintf(`{"spec":{"featureSet":"TechPreviewNoUpgrade"},"status":{"featureGates":[{"version":%q,"enabled":[{"name":"OfCluster"}]}]}}`, version)).
		With(testcluster.ClusterVersion, fmt.Sprintf(`{
			"spec": {
				"overrides": [{"kind": "ConfigMap", "group": "", "namespace": "", "name": "override", "unmanaged": true}],
				"capabilities": {"baselineCapabilitySet": "None", "additionalEnabledCapabilities": ["Console"]}
			},
			"status": {
				"desired": {"version": %q, "image": %q}, "versionHash": %q,
				"capabilities": {"knownCapabilities": ["Console", "Storage"], "enabledCapabilities": ["Console"]}
			}}`, version, image, hash))
}

func TestIncludedByCluster(t *testing.T) {
	release := layout(t, varied())
	runs := laboratory(t, "4.14.0", "q.io/a/b:c", "")
	older, _, trust := pinned(t, testrelease.New("4.13.0").WithComponent("etcd"))
	before := laboratory(t, "4.13.0", older, "")
	for _, test := range []struct {
		name string
		s    *testcluster.Server
		args string
		want string
	}{
		{"its own release", runs, "", "own single preview gate console"},
		{"a release that it does not run", before, "", "own single preview payload-gate console"},
		{"profile", runs, "--profile self-managed-high-availability", "ha"},
		{"exclude identifier", runs, "--exclude-identifier other", "own single excluded preview gate console"},
		{"feature set", runs, "--feature-set Default --feature-gates none", "own single console"},
		{"gates", runs, "--feature-gates OfPayload", "own single preview payload-gate console"},
		{"capabilities", runs, "--capabilities Storage", "own single preview gate storage"},
		{"known capabilities", runs, "--known-capabilities Storage", "own single preview gate"},
		{"overrides", runs, "--overrides OVERRIDES", "own preview gate console override"},
	} {
		t.Run(test.name, func(t *testing.T) {
			overrides := writeFile(t, "overrides.yaml", "- {group: '', kind: ConfigMap, namespace: '', name: single, unmanaged: true}\n")
			args := strings.Fields(strings.ReplaceAll(test.args, "OVERRIDES", overrides))
			got := in(t, test.s, append([]string{"manifests", release, trust, "--included-by-cluster", "--jq", `[.items[].object.name]|join(" ")`}, args...)...)
			want(t, got, 0, test.want+"\n", "")
		})
	}
	want(t, in(t, runs, "manifests", release, "--included-by-cluster", "--all", "--jq", `.items[]|select(.object.name|IN("storage","new","override"))|.reason`), 0, ""+
		"disabled capability Storage\nunknown capability New\noverridden: unmanaged\n", "")
	want(t, in(t, before, "manifests", release, trust, "--included-by-cluster", "--all", "--jq", `.items[]|select(.object.name|IN("storage","new"))|.reason`), 0, ""+
		"disabled capability Storage\ndisabled capability New\n", "")
	want(t, in(t, runs, "manifests", release, "--included-by-cluster", "--objects", "--level", "00", "--jq", ".items[].manifest.data.profile"), 0, "single-node-developer\n", "")
	got := in(t, runs, "manifests", release, "--included-by-cluster", "--feature-set", "Default", "-o", "name")
	want(t, got, 0, "configmap/own\nconfigmap/single\nconfigmap/console\n",
		"Warning: the payload has no FeatureGate manifest for profile single-node-developer and feature set Default: no gate is enabled\n")
	got = in(t, runs, "graph", release, "--included-by-cluster", "--jq", "[.nodes[].objects[]]|length")
	want(t, got, 0, "7\n", "")
}

func TestIncludedByHostedCluster(t *testing.T) {
	s := testcluster.New(t).WithRelease("4.14.0", "q.io/a/b:c").With(testcluster.Infrastructure, `{"status":{"controlPlaneTopology":"External"}}`)
	want(t, in(t, s, "manifests", layout(t, varied()), "--included-by-cluster", "-o", "name"), 0, "configmap/hosted\n",
		"Warning: the payload has no FeatureGate manifest for profile ibm-cloud-managed and feature set Default: no gate is enabled\n")
}

// The hash equals that of the cluster, from every source of the release: it is rendered as the cluster does.
func TestHashEqualsThatOfCluster(t *testing.T) {
	b := varied()
	pullSpec, _, trust := pinned(t, b)
	verbatim := strings.Replace(pullSpec, "@", ":tag@", 1)
	settings := []string{
		"--profile", "single-node-developer", "--exclude-identifier", "lab", "--feature-set", "TechPreviewNoUpgrade",
		"--feature-gates", "OfCluster", "--known-capabilities", "Console,Storage", "--hash",
	}
	expected := good(t, run(t, append([]string{"manifests", layout(t, b), "--release-image", verbatim}, settings...)...))
	if other := good(t, run(t, append([]string{"manifests", layout(t, b)}, settings...)...)); other == expected {
		t.Fatal("the release image does not change the hash, so this test shows nothing")
	}
	for hash, note := range map[string]string{strings.TrimSpace(expected): "agrees", "other": "differs", "": "is not known"} {
		s := laboratory(t, "4.14.0", verbatim, hash)
		for name, args := range map[string][]string{
			"the cluster's": {trust}, "layout": {layout(t, b)}, "by digest": {pullSpec, trust}, "version": {"4.14.0", trust},
		} {
			got := in(t, s, append([]string{"manifests", "--included-by-cluster", "--hash", "-v=1"}, args...)...)
			if got.code != 0 || got.out != expected || !strings.HasSuffix(got.err, "the hash of what the cluster at "+s.Host()+" loaded "+note+"\n") {
				t.Errorf("%s: exit code %d, hash %swant %s%s", name, got.code, got.out, expected, got.err)
			}
		}
	}
	unrelated := laboratory(t, "4.14.0", "q.io/a/b@"+build(t, small()).Digest().String(), "x")
	got := in(t, unrelated, "manifests", layout(t, b), "--included-by-cluster", "--hash", "-v=1")
	if got.code != 0 || !strings.HasSuffix(got.err, " is of another release\n") {
		t.Errorf("%+v", got)
	}
}

func TestIncludedByClusterErrors(t *testing.T) {
	release := layout(t, varied())
	want(t, run(t, "manifests", release, "--included-by-cluster"), 2, "",
		"error: --included-by-cluster: no cluster is configured: name a kubeconfig with --kubeconfig or $KUBECONFIG\n")
	want(t, run(t, "manifests", release, "--included-by-cluster", "--install-config", "x"), 2, "",
		"error: --included-by-cluster and --install-config both describe the cluster: give one of them\n")

	s := laboratory(t, "4.14.0", "q.io/a/b:c", "").Forbid(testcluster.Operator)
	want(t, in(t, s, "manifests", release, "--included-by-cluster"), 4, "", "error: --included-by-cluster: the API server "+s.Host()+
		" refuses deployments.apps/cluster-version-operator in namespace openshift-cluster-version: the user viewer lacks the permission to get deployments.apps"+
		" in the namespace openshift-cluster-version; with --profile and --exclude-identifier it is not needed\n")
	want(t, in(t, s, "manifests", release, "--included-by-cluster", "--profile", "single-node-developer", "--exclude-identifier=", "-o", "name", "--component", "a"), 0,
		"configmap/single\nconfigmap/excluded\nconfigmap/preview\nconfigmap/gate\nconfigmap/console\n", "")

	s = laboratory(t, "4.14.0", "q.io/a/b:c", "").Forbid(testcluster.FeatureGate)
	want(t, in(t, s, "manifests", release, "--included-by-cluster"), 4, "", "error: --included-by-cluster: the API server "+s.Host()+
		" refuses featuregates.config.openshift.io/cluster: the user viewer lacks the permission to get featuregates.config.openshift.io"+
		" in the cluster; with --feature-set and --feature-gates it is not needed\n")

	s = testcluster.New(t)
	want(t, in(t, s, "graph", release, "--included-by-cluster"), 3, "", "error: --included-by-cluster: the server "+s.Host()+" is not OpenShift: it has no ClusterVersion\n")
}
