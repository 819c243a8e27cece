package plugin_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testcluster"
	"github.com/release-x/oc-release-x/internal/testrelease"
)

// minorUpdate returns two releases whose update needs an acknowledgement, and changes a role, an alert and a namespace.
func minorUpdate() (before, after *testrelease.Builder) {
	role := func(verbs string) string {
		return "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: r\n  namespace: ns\n" + includedAnnotations +
			"rules:\n- apiGroups: [\"\"]\n  resources: [secrets]\n  verbs: [" + verbs + "]\n"
	}
	const namespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ns\n" + includedAnnotations
	gates := strings.NewReplacer("name: a", "name: admin-gates", "namespace: ns", "namespace: openshift-config-managed").
		Replace(configMap("a", "data:\n  ack-4.18-it's-in-4.19: Read this first\n  ack-4.17-x: Too late\n"))
	before = testrelease.New("4.18.1").WithComponent("etcd").
		WithOperatorManifest("0000_00_cluster-version-operator_01_admingate_configmap.yaml", gates).
		WithManifest("0000_50_a_01_role.yaml", role("get")).
		WithManifest("0000_50_a_02_gone.yaml", configMap("gone", ""))
	after = testrelease.New("4.19.0").WithComponent("etcd").WithPrevious("4.18.1").
		WithManifest("0000_50_a_00_namespace.yaml", namespace).
		WithManifest("0000_50_a_01_role.yaml", role("list, get"))
	return before, after
}

func TestDiffImpact(t *testing.T) {
	before, after := minorUpdate()
	old, new := layout(t, before), layout(t, after)
	const head = "               FROM    TO\nVersion:       4.18.1  4.19.0\nUpgrade From:          Yes\n"
	const text = head + `
Blockers:
  acknowledgement  configmap/admin-gates in openshift-config-managed: an administrator has to acknowledge ack-4.18-it's-in-4.19: Read this first
      oc -n openshift-config patch cm admin-acks --patch '{"data":{"ack-4.18-it'\''s-in-4.19":"true"}}' --type=merge

Warnings:
  role             role.rbac.authorization.k8s.io/r in ns: also allows list on secrets

Information:
  left             configmap/gone in ns: stays in the cluster: 4.19.0 does not have it, and has no tombstone for it
  left             configmap/admin-gates in openshift-config-managed: stays in the cluster: 4.19.0 does not have it, and has no tombstone for it
  namespace        namespace/ns: is new

4 files and 4 objects differ; diff without --impact shows more
`
	want(t, run(t, "diff", old, new, "--impact"), 0, text, "")
	want(t, run(t, "diff", old, new, "--impact", "--exit-code"), 1, text, "")
	wide := strings.NewReplacer("Read this first\n", "Read this first  (manifests/0000_00_cluster-version-operator_01_admingate_configmap.yaml)\n",
		"list on secrets\n", "list on secrets  (0000_50_a_01_role.yaml)\n",
		"managed: stays in the cluster: 4.19.0 does not have it, and has no tombstone for it\n",
		"managed: stays in the cluster: 4.19.0 does not have it, and has no tombstone for it  (manifests/0000_00_cluster-version-operator_01_admingate_configmap.yaml)\n",
		"in ns: stays in the cluster: 4.19.0 does not have it, and has no tombstone for it\n",
		"in ns: stays in the cluster: 4.19.0 does not have it, and has no tombstone for it  (0000_50_a_02_gone.yaml)\n",
		"is new\n", "is new  (0000_50_a_00_namespace.yaml)\n").Replace(text)
	want(t, run(t, "diff", old, new, "--impact", "-o", "wide"), 0, wide, "")
	want(t, run(t, "diff", old, new, "--impact", "--jq", `.impact[0], (.impact | map(.severity) | join(" ")), (.objects | length)`), 0,
		`{"file":"manifests/0000_00_cluster-version-operator_01_admingate_configmap.yaml","kind":"acknowledgement",`+
			`"message":"an administrator has to acknowledge ack-4.18-it's-in-4.19: Read this first",`+
			`"object":{"apiVersion":"v1","kind":"ConfigMap","name":"admin-gates","namespace":"openshift-config-managed"},`+
			`"remedy":"oc -n openshift-config patch cm admin-acks --patch '{\"data\":{\"ack-4.18-it'\\''s-in-4.19\":\"true\"}}' --type=merge","severity":"blocker"}`+
			"\nblocker warning info info info\n4\n", "")
	want(t, run(t, "diff", old, new, "--jq", ".impact"), 0, "null\n", "")
	markdown := good(t, run(t, "diff", old, new, "--impact", "-o", "markdown"))
	_, tables, _ := strings.Cut(markdown, "\n### Blockers")
	tables, _, _ = strings.Cut("\n### Blockers"+tables, "\n### Files")
	const table = "\n\n| Kind | Object | Namespace | Impact |\n| --- | --- | --- | --- |\n"
	const stays = "stays in the cluster: `4.19.0` does not have it, and has no tombstone for it |\n"
	if diff := cmp.Diff("\n### Blockers"+table+
		"| acknowledgement | `configmap/admin-gates` | `openshift-config-managed` | an administrator has to acknowledge `ack-4.18-it's-in-4.19`: Read this first"+
		"<br>`oc -n openshift-config patch cm admin-acks --patch '{\"data\":{\"ack-4.18-it'\\''s-in-4.19\":\"true\"}}' --type=merge` |\n"+
		"\n### Warnings"+table+"| role | `role.rbac.authorization.k8s.io/r` | `ns` | also allows list on secrets |\n"+
		"\n### Information"+table+"| left | `configmap/gone` | `ns` | "+stays+"| left | `configmap/admin-gates` | `openshift-config-managed` | "+stays+
		"| namespace | `namespace/ns` |  | is new |\n", tables); diff != "" {
		t.Error(diff)
	}
	if got := good(t, run(t, "diff", new, new, "--impact", "-o", "markdown")); !strings.Contains(got, "\n### Impact\n\nNo impact was found.\n") {
		t.Error(got)
	}
	const same = "               FROM    TO\nVersion:       4.19.0  4.19.0\nUpgrade From:          No\n\nNo impact was found.\n"
	want(t, run(t, "diff", new, new, "--impact"), 0, same, "")
	want(t, run(t, "diff", new, new, "--impact", "--jq", ".impact"), 0, "[]\n", "")
}

func TestDiffImpactNeedsManifests(t *testing.T) {
	before, after := minorUpdate()
	new := layout(t, after)
	for _, args := range everySource(t, before) {
		if !strings.HasPrefix(args[0], "file:") {
			continue
		}
		got := run(t, "diff", args[0], new, "--impact")
		if got.code != 3 || got.out != "" {
			t.Errorf("%+v", got)
		}
	}
	want(t, run(t, "diff", new, new, "--impact", "--manifests"), 2, "", "error: --manifests and --impact exclude each other\n")
}

func TestDiffImpactForACluster(t *testing.T) {
	before, after := minorUpdate()
	old, new := layout(t, before), layout(t, after)
	const query = `.impact[] | select(.kind == "acknowledgement").message`
	const message = "an administrator has to acknowledge ack-4.18-it's-in-4.19: Read this first\n"
	cluster := func() *testcluster.Server {
		return testcluster.New(t).WithOperator().WithRelease("4.18.1", "quay.io/test/release@sha256:"+strings.Repeat("0", 64))
	}
	for name, test := range map[string]struct {
		s    *testcluster.Server
		new  string
		want string
		asks bool
	}{
		"given":                {cluster().With(testcluster.AdminAcks, `{"data":{"ack-4.18-it's-in-4.19":"true"}}`), new, "", true},
		"not given":            {cluster().With(testcluster.AdminAcks, `{"data":{"ack-4.18-it's-in-4.19":"false","other":"true"}}`), new, message, true},
		"no acknowledgements":  {cluster(), new, message, true},
		"without a minor step": {cluster(), old, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			want(t, in(t, test.s, "diff", old, test.new, "--impact", "--included-by-cluster", "--jq", query), 0, test.want, "")
			if asks := slices.Contains(test.s.Requests(), testcluster.AdminAcks); asks != test.asks {
				t.Errorf("the acknowledgements were read: %v, want %v", asks, test.asks)
			}
		})
	}
	got := in(t, cluster().Forbid(testcluster.AdminAcks), "diff", old, new, "--impact", "--included-by-cluster")
	if got.code != 4 || got.out != "" || !strings.HasPrefix(got.err, "error: --included-by-cluster: ") || !strings.Contains(got.err, "configmaps") {
		t.Errorf("%+v", got)
	}
	if got := run(t, "diff", old, new, "--impact", "--profile", "hypershift", "--jq", ".impact"); got.out != "[]\n" {
		t.Errorf("a cluster that gets none of the objects: %+v", got)
	}
}
