package plugin_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/fixture"
	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// object returns a manifest with annotations that decide about its inclusion.
func object(kind, name string, annotations ...string) string {
	text := "apiVersion: v1\nkind: " + kind + "\nmetadata:\n  name: " + name + "\n"
	if len(annotations) > 0 {
		text += "  annotations:\n"
	}
	for _, a := range annotations {
		key, value, _ := strings.Cut(a, "=")
		text += "    " + key + ": \"" + value + "\"\n"
	}
	return text
}

const (
	included = "include.release.openshift.io/self-managed-high-availability=true"
	console  = "capability.openshift.io/name=Console"
	preview  = "release.openshift.io/feature-set=TechPreviewNoUpgrade"
)

// ordered returns a release with manifests in both directories and in every state.
func ordered() *testrelease.Builder {
	return testrelease.New("4.14.0").WithComponent("etcd").WithComponent("pod").
		WithOperatorManifest("0000_90_cluster-version-operator_00_config.yaml", object("ConfigMap", "own", included)+"data:\n  release: '{{.ReleaseImage}}'\n  etcd: '{{.Images.etcd}}'\n").
		WithManifest("0000_03_first_00_a.yaml", object("Namespace", "first", included)).
		WithManifest("0000_50_b_00_all.yaml", object("ConfigMap", "b1", included)+"---\n"+object("Secret", "b2")+"---\n"+object("ConfigMap", "b3", included, console)).
		WithManifest("0000_50_c_00_preview.yaml", object("ConfigMap", "c", included, preview))
}

func TestManifests(t *testing.T) {
	release := layout(t, ordered())
	want(t, run(t, "manifests", release), 0, ""+
		"INDEX   LEVEL   COMPONENT                  KIND        NAMESPACE   NAME\n"+
		"1       90      cluster-version-operator   ConfigMap   <none>      own\n"+
		"2       03      first                      Namespace   <none>      first\n"+
		"3       50      b                          ConfigMap   <none>      b1\n"+
		"4       50      b                          ConfigMap   <none>      b3\n", "")
	want(t, run(t, "manifests", release, "--all", "--level", "50"), 0, ""+
		"INDEX    LEVEL   COMPONENT   KIND        NAMESPACE   NAME   STATE      REASON\n"+
		"3        50      b           ConfigMap   <none>      b1     included   <none>\n"+
		"<none>   50      b           Secret      <none>      b2     excluded   no annotations\n"+
		"4        50      b           ConfigMap   <none>      b3     included   <none>\n"+
		"<none>   50      c           ConfigMap   <none>      c      excluded   release.openshift.io/feature-set=TechPreviewNoUpgrade, the feature set is Default\n", "")
}

func TestManifestsSettings(t *testing.T) {
	release := layout(t, ordered())
	for _, test := range []struct{ args, want string }{
		{"", "own first b1 b3"},
		{"--capabilities none", "own first b1"},
		{"--capabilities Console", "own first b1 b3"},
		{"--capabilities vCurrent", "own first b1 b3"},
		{"--capabilities v4.11,Console", "own first b1 b3"},
		{"--known-capabilities none", "own first b1"},
		{"--known-capabilities Console,Storage", "own first b1 b3"},
		{"--feature-set TechPreviewNoUpgrade", "own first b1 b3 c"},
		{"--kind configmap", "own b1 b3"},
		{"--kind ConfigMap,namespace", "own first b1 b3"},
		{"--component b,first", "first b1 b3"},
		{"--level 03", "first"},
		{"--image etcd", "own"},
	} {
		t.Run(test.args, func(t *testing.T) {
			got := good(t, run(t, append([]string{"manifests", release, "--jq", `[.items[].object.name]|join(" ")`}, strings.Fields(test.args)...)...))
			if got != test.want+"\n" {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestManifestsForms(t *testing.T) {
	release := layout(t, ordered())
	want(t, run(t, "manifests", release, "-o", "name", "--kind", "Namespace"), 0, "namespace/first\n", "")
	want(t, run(t, "manifests", release, "--sort-by", ".object.name", "-o", "name"), 0, "configmap/b1\nconfigmap/b3\nnamespace/first\nconfigmap/own\n", "")
	digest := build(t, ordered()).Digest().String()
	want(t, run(t, "manifests", release, "--objects", "--level", "90", "--jq", ".items[0]|.metadata.name,.manifest.data"), 0, ""+
		"0000_90_cluster-version-operator_00_config.yaml#1\n"+
		`{"etcd":"`+testrelease.ImageOf("etcd")+`","release":"quay.io/openshift-release-dev/ocp-release@`+digest+`"}`+"\n", "")
	want(t, run(t, "manifests", release, "--release-image", "example.com/r:x", "--objects", "--level", "90", "--jq", ".items[0].manifest.data.release"), 0, "example.com/r:x\n", "")
	want(t, run(t, "manifests", release, "--profile", "hypershift"), 0, "",
		"Warning: no manifest names the profile hypershift: this payload has self-managed-high-availability\nNo manifests found.\n")
	want(t, run(t, "manifests", release, "--profile", "", "-o", "name", "--level", "03"), 0, "namespace/first\n", "")
}

// Manifests for other major versions than the payload's are excluded.
func TestManifestsMajorVersion(t *testing.T) {
	const crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: NAME, annotations: {include.release.openshift.io/self-managed-high-availability: \"true\", release.openshift.io/major-version: \"VERSION\"}}\n"
	b := testrelease.New("5.0.0").WithComponent("etcd").
		WithManifest("0000_10_a_00.yaml", strings.NewReplacer("NAME", "four", "VERSION", "4").Replace(crd)).
		WithManifest("0000_10_a_01.yaml", strings.NewReplacer("NAME", "five", "VERSION", "5").Replace(crd))
	want(t, run(t, "manifests", layout(t, b), "-o", "name"), 0, "customresourcedefinition.apiextensions.k8s.io/five\n", "")
}

// --image matches values that contain the complete pull spec of the image.
func TestManifestsByImage(t *testing.T) {
	const one, ten = "quay.io/o/e:1", "quay.io/o/e:10"
	release := layout(t, testrelease.New("4.14.0").WithComponent("e", testrelease.Image(one)).WithComponent("ten", testrelease.Image(ten)).
		WithManifest("0000_10_a_00.yaml", object("Pod", "one", included)+"spec: {image: "+one+"}\n").
		WithManifest("0000_10_a_01.yaml", object("Pod", "ten", included)+"spec: {image: "+ten+"} # not "+one+"\n"))
	for image, want := range map[string]string{"e": "pod/one\n", "ten": "pod/ten\n", "e,ten": "pod/one\npod/ten\n"} {
		if got := run(t, "manifests", release, "--image", image, "-o", "name"); got.out != want {
			t.Errorf("%s: %s%s", image, got.out, got.err)
		}
	}
}

// The demo release has the gates of two feature sets, as real releases have.
func TestFeatureGatesOfDemo(t *testing.T) {
	demo, err := testrelease.Demo()
	if err != nil {
		t.Fatal(err)
	}
	release := layout(t, demo)
	for set, want := range map[string]string{
		"Default":              "excluded: feature gate GatewayAPI is not enabled\n",
		"TechPreviewNoUpgrade": "included: null\n",
	} {
		const gated = `.items[]|select(.featureGates == ["GatewayAPI"])|"\(.state): \(.reason)"`
		if got := good(t, run(t, "manifests", release, "--all", "--feature-set", set, "--jq", gated)); got != want {
			t.Errorf("%s: %s, want %s", set, got, want)
		}
	}
}

func TestManifestsFilters(t *testing.T) {
	release := layout(t, ordered().
		WithManifest("0000_60_d_00.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, annotations: {"+strings.Replace(included, "=true", ": \"true\"", 1)+"}}\nimage: "+digestOf("pod")+"\n").
		WithManifest("0000_60_d_01.yaml", "apiVersion: other/v1\nkind: Deployment\nmetadata: {name: e, annotations: {"+strings.Replace(included, "=true", ": \"true\"", 1)+"}}\n"))
	for _, test := range []struct{ args, want string }{
		{"--kind deployment", "d e"},
		{"--kind deployments.apps", "d"},
		{"--kind Deployment.other", "e"},
		{"--image pod", "d"},
		{"--component d --kind deployment.apps", "d"},
		{"--kind deploy", "d e"},
		{"--kind deploy.apps", "d"},
		{"--kind Deployment.v1.other", "e"},
		{"--kind ns,deployment.v1.apps", "first d"},
		{"--kind cm.v1. --level 90", "own"},
		{"--kind configmap.v1 --level 90", "own"},
		{"--kind configmaps. --level 90", "own"},
		{"--component [bf]* --kind cm", "b1 b3"},
		{"--component b --component first --kind=ns", "first"},
		{"--image pod,etcd", "own d"},
		{"--image etcd --image pod", "own d"},
		{"--image p*", "d"},
	} {
		got := good(t, run(t, append([]string{"manifests", release, "--jq", `[.items[].object.name]|join(" ")`}, strings.Fields(test.args)...)...))
		if got != test.want+"\n" {
			t.Errorf("%s: got %q, want %q", test.args, got, test.want)
		}
	}
	for _, test := range []struct{ args, want string }{
		{"--level 3", "--level 3: no manifest of release 4.14.0 has this run level; did you mean 03? Levels count as they are written"},
		{"--level 77", "--level 77: no manifest of release 4.14.0 has this run level; there are 03, 50, 60, 90"},
		{"--component nope", "--component nope: no manifest of release 4.14.0 has this component"},
		{"--component FIRST", "--component FIRST: no manifest of release 4.14.0 has this component; did you mean first?"},
		{"--component cluster-version", "--component cluster-version: no manifest of release 4.14.0 has this component; did you mean cluster-version-operator?"},
		{"--component *version", "--component *version: no manifest of release 4.14.0 has this component; did you mean cluster-version-operator?"},
		{"--kind Pod", "--kind Pod: no manifest of release 4.14.0 has this kind"},
		{"--kind deploymnt", "--kind deploymnt: no manifest of release 4.14.0 has this kind; did you mean Deployment?"},
		{"--kind deploy.v2.apps", "--kind deploy.v2.apps: no manifest of release 4.14.0 has this kind; did you mean Deployment.apps, Deployment.other?"},
		{"--image etc", `no component "etc" in release 4.14.0; did you mean etcd, machine-config-etcd?`},
		{"--image x*", `no component matches "x*" in release 4.14.0`},
	} {
		want(t, run(t, append([]string{"manifests", release}, strings.Fields(test.args)...)...), 3, "", "error: "+test.want+"\n")
	}
}

// named returns a release with objects in namespaces, one in each state.
func named() *testrelease.Builder {
	in := func(namespace, text string) string {
		return strings.Replace(text, "metadata:\n", "metadata:\n  namespace: "+namespace+"\n", 1)
	}
	deployment := strings.Replace(in("openshift-etcd", object("Deployment", "etcd-operator", included)), "apiVersion: v1", "apiVersion: apps/v1", 1)
	return testrelease.New("4.14.0").WithComponent("etcd").
		WithOperatorManifest("0000_00_own_00.yaml", object("ConfigMap", "own", included)+"data: {release: '{{.ReleaseImage}}'}\n").
		WithManifest("0000_20_etcd_00.yaml", object("Namespace", "openshift-etcd", included)+"---\n"+deployment+"# the end\n").
		WithManifest("0000_20_etcd_01.json", `{"apiVersion":"v1","kind":"Service","metadata":{"name":"etcd-operator","namespace":"openshift-etcd","annotations":{"include.release.openshift.io/self-managed-high-availability":"true"}}}`).
		WithManifest("0000_20_etcd_02.yaml", in("openshift-pod", object("ConfigMap", "pod-config", included, console))).
		WithManifest("0000_20_etcd_03.yaml", in("openshift-pod", object("ConfigMap", "hyper", hosted)))
}

// Arguments name objects as in kubectl, and --namespace limits them.
func TestManifestsByName(t *testing.T) {
	release := layout(t, named())
	for _, test := range []struct{ args, want string }{
		{"deployment/etcd-operator", "deployment.apps/etcd-operator"},
		{"deployments.apps/etcd-operator", "deployment.apps/etcd-operator"},
		{"deploy.v1.apps/etcd-operator", "deployment.apps/etcd-operator"},
		{"etcd-operator", "deployment.apps/etcd-operator service/etcd-operator"},
		{"*-o*", "deployment.apps/etcd-operator service/etcd-operator"},
		{"cm/*o*", "configmap/own configmap/pod-config"},
		{"svc/etcd-operator own", "configmap/own service/etcd-operator"},
		{"etcd-operator --kind svc", "service/etcd-operator"},
		{"-n openshift-pod", "configmap/pod-config"},
		{"--namespace openshift-etcd,openshift-pod", "deployment.apps/etcd-operator service/etcd-operator configmap/pod-config"},
		{"-n openshift-pod --all", "configmap/pod-config configmap/hyper"},
		{"*operator* -n openshift-etcd --kind deploy", "deployment.apps/etcd-operator"},
	} {
		got := run(t, append([]string{"manifests", release, "-o", "name"}, strings.Fields(test.args)...)...)
		want(t, got, 0, strings.ReplaceAll(test.want, " ", "\n")+"\n", "")
		got = run(t, append([]string{"manifests", "--release", release, "-o", "name"}, strings.Fields(test.args)...)...)
		want(t, got, 0, strings.ReplaceAll(test.want, " ", "\n")+"\n", "")
	}
	for _, test := range []struct{ args, want string }{
		{"deployment/etcd-opertor", "deployment/etcd-opertor: no manifest of release 4.14.0 has this name; did you mean etcd-operator?"},
		{"etcd-opertor*", "etcd-opertor*: no manifest of release 4.14.0 has this name; did you mean etcd-operator?"},
		{"deploymnt/etcd-operator", "deploymnt/etcd-operator: no manifest of release 4.14.0 has this name; did you mean Deployment?"},
		{"deployment", "deployment: no manifest of release 4.14.0 has this name; did you mean --kind deployment?"},
		{"etcd-operator,network-operator", "etcd-operator,network-operator: no manifest of release 4.14.0 has this name; give names as separate arguments: etcd-operator network-operator"},
		{"ds/x zzzz", "ds/x: no manifest of release 4.14.0 has this name; zzzz: no manifest of release 4.14.0 has this name"},
		{"-n openshift-etc", "--namespace openshift-etc: no manifest of release 4.14.0 has this namespace; did you mean openshift-etcd, openshift-pod?"},
		{"--kind ds,sts", "--kind ds: no manifest of release 4.14.0 has this kind; --kind sts: no manifest of release 4.14.0 has this kind"},
	} {
		want(t, run(t, append([]string{"manifests", release}, strings.Fields(test.args)...)...), 3, "", "error: "+test.want+"\n")
	}
	want(t, run(t, "manifests", "--release", release, release), 2, "", "error: with --release every argument is a NAME, and "+release+" looks like a release: give it with --release too\n")
}

// A filter fails if no value matches. If some match, the others are warnings.
func TestManifestsFilterWithUnmatchedValues(t *testing.T) {
	release := layout(t, named())
	for _, test := range []struct{ args, want, warning string }{
		{"--kind deploy,ds", "deployment.apps/etcd-operator", "--kind ds: no manifest of release 4.14.0 has this kind"},
		{"--level 00,77", "configmap/own", "--level 77: no manifest of release 4.14.0 has this run level; there are 00, 20"},
		{"--component own,owl", "configmap/own", "--component owl: no manifest of release 4.14.0 has this component; did you mean own?"},
		{"-n openshift-pod,x", "configmap/pod-config", "--namespace x: no manifest of release 4.14.0 has this namespace"},
		{"own owm", "configmap/own", "owm: no manifest of release 4.14.0 has this name; did you mean own?"},
		{"cm/own cm/hyper", "configmap/own", "cm/hyper is left out: include.release.openshift.io/self-managed-high-availability unset; --all shows it"},
		{"own pod-config --capabilities none", "configmap/own", "pod-config is left out: disabled capability Console; --all shows it"},
	} {
		got := run(t, append([]string{"manifests", release, "-o", "name"}, strings.Fields(test.args)...)...)
		want(t, got, 0, test.want+"\n", "Warning: "+test.warning+"\n")
	}
	mentioned := layout(t, named().WithManifest("0000_30_x_00.yaml", object("ConfigMap", "mentions", included)+"data: {image: "+testrelease.ImageOf("etcd")+"}\n"))
	want(t, run(t, "manifests", mentioned, "-o", "name", "--image", "etcd,xyz"), 0, "configmap/mentions\n", "Warning: no component \"xyz\" in release 4.14.0\n")
	want(t, run(t, "manifests", release, "--image", "etcd,xyz"), 3, "", "error: --image etcd: no manifest of release 4.14.0 mentions this image; no component \"xyz\" in release 4.14.0\n")
	want(t, run(t, "manifests", mentioned, "--image", "xyz,zyx"), 3, "", "error: no component \"xyz\" in release 4.14.0; no component \"zyx\" in release 4.14.0\n")
}

// -o manifest prints manifests unchanged.
func TestManifestsUnchanged(t *testing.T) {
	b := named()
	release := layout(t, b)
	const etcd = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  namespace: openshift-etcd\n  name: etcd-operator\n  annotations:\n" +
		"    include.release.openshift.io/self-managed-high-availability: \"true\"\n# the end\n"
	want(t, run(t, "manifests", release, "deployment/etcd-operator", "-o", "manifest"), 0, etcd, "")
	digest := build(t, b).Digest().String()
	want(t, run(t, "manifests", release, "etcd-operator", "own", "-o", "manifest"), 0, "---\n"+object("ConfigMap", "own", included)+
		"data: {release: 'quay.io/openshift-release-dev/ocp-release@"+digest+"'}\n"+etcd+
		`---
{"apiVersion":"v1","kind":"Service","metadata":{"name":"etcd-operator","namespace":"openshift-etcd","annotations":{"include.release.openshift.io/self-managed-high-availability":"true"}}}
`, "")
	want(t, run(t, "manifests", release, "hyper", "-o", "manifest"), 0, "",
		"Warning: hyper is left out: include.release.openshift.io/self-managed-high-availability unset; --all shows it\nNo manifests found.\n")
	if got := run(t, "manifests", release, "hyper", "-o", "manifest", "--all"); got.code != 0 || !strings.Contains(got.out, "  name: hyper\n") {
		t.Errorf("%+v", got)
	}
	broken := layout(t, named().WithManifest("0000_20_etcd_04.yaml", "a: [\n"))
	got := run(t, "manifests", broken, "--level", "20", "--kind", "Deployment", "-o", "manifest")
	if got.code != 0 || got.out != etcd || !strings.HasPrefix(got.err, "Warning: release-manifests/0000_20_etcd_04.yaml: ") {
		t.Errorf("%+v", got)
	}
	if whole := run(t, "manifests", broken, "--level", "20", "-o", "manifest"); whole.code != 0 || strings.Contains(whole.out, "a: [") || !strings.Contains(whole.out, etcd) {
		t.Errorf("%+v", whole)
	}
}

// A hash that cannot be that of a cluster is refused or has a warning.
func TestHashOfIncompleteRelease(t *testing.T) {
	release, parent := layout(t, ordered()), t.TempDir()
	raw, flat := filepath.Join(parent, "raw"), filepath.Join(parent, "flat")
	good(t, run(t, "extract", release, "--operator-manifests", "--raw", "--to", raw))
	good(t, run(t, "extract", release, "--to", flat))
	const asks = "Warning: the operator's manifests are rendered without the release image, which this source does not name: set it with --release-image\n"
	want(t, run(t, "manifests", "dir:"+raw, "--hash"), 3, "", asks+"error: no payload hash: the operator's manifests need the release image, which this source does not name: set it with --release-image\n")
	if got := run(t, "manifests", "dir:"+raw, "-o", "name", "--level", "90"); got.code != 0 || got.err != asks {
		t.Errorf("exit code %d, %s", got.code, got.err)
	}
	got := run(t, "manifests", "dir:"+flat, "--hash", "--strict")
	if got.code != 7 || !strings.HasPrefix(got.err, "Warning: this source has no manifests of the operator itself, so the hash differs from that of a cluster; ") {
		t.Errorf("exit code %d, %s", got.code, got.err)
	}
}

// A payload that the operator refuses is listed with a warning and has no hash.
func TestPayloadRefusedByClusters(t *testing.T) {
	one := func() *testrelease.Builder {
		return testrelease.New("4.14.0").WithComponent("etcd").WithManifest("0000_03_first_00_a.yaml", object("Namespace", "first", included))
	}
	const differ = "version from image-references (4.14.0) differs from release-metadata (4.14.1)"
	for name, test := range map[string]struct{ version, release, warning, refusal string }{
		"without release-metadata": {
			"4.14.0",
			layout(t, one().Without("release-metadata")),
			"a cluster refuses this payload: it has no file release-metadata", "it has no file release-metadata",
		},
		"of two versions": {"4.14.1", layout(t, one().WithMetadata(`{"kind":"cincinnati-metadata-v0","version":"4.14.1","previous":[]}`)), differ, differ},
	} {
		t.Run(name, func(t *testing.T) {
			want(t, run(t, "manifests", test.release, "-o", "name"), 0, "namespace/first\n", "Warning: "+test.warning+"\n")
			want(t, run(t, "graph", test.release, "--jq", ".nodes[].components[]"), 0, "first\n", "Warning: "+test.warning+"\n")
			if got := run(t, "graph", test.release, "--strict"); got.code != 7 {
				t.Errorf("--strict: exit code %d", got.code)
			}
			got := run(t, "manifests", test.release, "--hash")
			if wanted := "error: no payload hash: a cluster refuses the payload, " + test.refusal + "\n"; got.code != 6 || got.out != "" || !strings.HasSuffix(got.err, wanted) {
				t.Errorf("--hash: exit code %d, %s%s", got.code, got.out, got.err)
			}
		})
	}
	want(t, run(t, "manifests", layout(t, testrelease.New("4.14.0").WithComponent("etcd").Without("release-metadata"))), 0, "", "No manifests found.\n")
}

func TestManifestsFiles(t *testing.T) {
	release, dir := layout(t, ordered()), t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const override = "group: \"\"\n  kind: ConfigMap\n  namespace: \"\"\n  name: b1\n  unmanaged: true\n"
	names := func(args ...string) string {
		return strings.TrimSpace(good(t, run(t, append([]string{"manifests", release, "--jq", `[.items[].object.name]|join(" ")`}, args...)...)))
	}
	for name, content := range map[string]string{
		"list":           "- " + override,
		"spec":           "overrides:\n- " + override,
		"ClusterVersion": "kind: ClusterVersion\nspec:\n  overrides:\n  - " + strings.ReplaceAll(override, "\n", "\n  ") + "\n",
	} {
		if got := names("--overrides", file(name, content)); got != "own first b3" {
			t.Errorf("%s: %q", name, got)
		}
	}
	config := file("install-config.yaml", "apiVersion: v1\nfeatureSet: TechPreviewNoUpgrade\ncapabilities:\n  baselineCapabilitySet: None\nplatform:\n  aws: {}\n")
	if got := names("--install-config", config); got != "own first b1 c" {
		t.Errorf("install-config: %q", got)
	}
	if got := names("--install-config", config, "--feature-set", "Default", "--capabilities", "Console"); got != "own first b1 b3" {
		t.Errorf("flags beside install-config: %q", got)
	}
	want(t, run(t, "manifests", release, "--overrides", filepath.Join(dir, "none")), 8, "", "error: --overrides: open "+dir+"/none: no such file or directory\n")
	if got := names("--overrides", file("plain", "kind: ClusterVersion\nspec: {}\n")); got != "own first b1 b3" {
		t.Errorf("a ClusterVersion without overrides: %q", got)
	}
	typo := file("typo", "- unmanged: true\n")
	want(t, run(t, "manifests", release, "--overrides", typo), 2, "",
		"error: --overrides "+typo+": want a ClusterVersion or the list of its overrides: error unmarshaling JSON: while decoding JSON: json: unknown field \"unmanged\"\n")
	bogus := file("bogus", "apiVersion: v1\nfeatureSet: Bogus\n")
	want(t, run(t, "manifests", release, "--install-config", bogus), 2, "",
		"error: --install-config "+bogus+": featureSet Bogus: neither this program nor release 4.14.0 knows this feature set; there are CustomNoUpgrade, Default, DevPreviewNoUpgrade, OKD, TechPreviewNoUpgrade\n")
	pod := file("pod", "kind: Pod\nspec: {overrides: []}\n")
	want(t, run(t, "manifests", release, "--overrides", pod), 2, "",
		"error: --overrides "+pod+": its kind is Pod: want a ClusterVersion, as printed by `oc get clusterversion version -o yaml`, or the list of its overrides\n")
	empty := file("empty", "spec: {}\n")
	want(t, run(t, "manifests", release, "--overrides", empty), 2, "", "error: --overrides "+empty+": it has no overrides: want a ClusterVersion or the list of its overrides\n")
}

func TestManifestsUsage(t *testing.T) {
	release := layout(t, ordered())
	for _, test := range []struct{ args, want string }{
		{"--capabilities v9.1", "--capabilities \"v9.1\": want none, or a list of capabilities and of the sets " + strings.Join(manifest.CapabilitySetNames(), ", ")},
		{"--hash -o json", "--hash covers all manifests that the operator loads: it cannot be combined with --output"},
		{"--hash --level 03", "--hash covers all manifests that the operator loads: it cannot be combined with --level"},
		{"--feature-gates payload,Foo", "--feature-gates \"payload,Foo\": payload cannot be combined with gates"},
		{"--capabilities none,Console", "--capabilities \"none,Console\": want none, or a list of capabilities and of the sets " + strings.Join(manifest.CapabilitySetNames(), ", ")},
		{"--release-image x", "--release-image \"x\": want a pull spec, such as quay.io/org/repo:tag"},
		{"--level=", `--level "": want a run level, such as 50`},
		{"--kind=", `--kind "": want a kind, such as Deployment`},
		{"--kind Deployment,", `--kind "Deployment,": want a kind, such as Deployment`},
		{"--component=", `--component "": want a component, such as etcd-operator`},
		{"--component [", `--component: malformed pattern "[": * ? and [a-z] are understood`},
		{"--image=", `--image "": want the name of a component, such as etcd`},
		{"--image [", `malformed pattern "[": * ? and [a-z] are understood`},
		{"--hash configmap/own", "--hash covers all manifests that the operator loads: it cannot be combined with configmap/own"},
		{"--hash -n a", "--hash covers all manifests that the operator loads: it cannot be combined with --namespace"},
		{"--namespace=", `--namespace "": want a namespace, such as openshift-etcd`},
		{"deployment/", `"deployment/": want KIND/NAME, NAME or a pattern, such as deployment/etcd-operator`},
		{"/name", `"/name": want KIND/NAME, NAME or a pattern, such as deployment/etcd-operator`},
		{"a/b/c", `"a/b/c": want KIND/NAME, NAME or a pattern, such as deployment/etcd-operator`},
		{"cm/[", `malformed pattern "[": * ? and [a-z] are understood`},
		{"-o manifest --sort-by .index", "-o manifest keeps the order of the operator: it cannot be combined with --sort-by"},
	} {
		want(t, run(t, append([]string{"manifests", release}, strings.Fields(test.args)...)...), 2, "", "error: "+test.want+"\n")
	}
	want(t, run(t, "manifests", release, "--image", "nope"), 3, "", "error: no component \"nope\" in release 4.14.0\n")
	file := filepath.Join(t.TempDir(), "references")
	if err := os.WriteFile(file, ordered().References(), 0o600); err != nil {
		t.Fatal(err)
	}
	got := run(t, "manifests", "file:"+file)
	if got.code != 3 || got.out != "" || !strings.Contains(got.err, "manifests") {
		t.Errorf("exit code %d, %s", got.code, got.err)
	}
}

func TestUnreadableManifests(t *testing.T) {
	release := layout(t, ordered().
		WithManifest("0000_60_x_00_broken.yaml", "a: [\n").
		WithManifest("0000_60_x_01_list.yaml", "apiVersion: v1\nkind: List\nitems: []\n").
		WithManifest("0000_60_x_02_deep.yaml", strings.Repeat("[", 100_000)).
		WithManifest("0000_60_x_03_bomb.yaml", bomb()))
	got := run(t, "manifests", release, "--level", "60", "--jq", `.items[]|"\(.object.kind) \(.file) \(.state)"`)
	if got.code != 0 || strings.Count(got.err, "Warning: ") != 4 {
		t.Errorf("exit code %d, %s", got.code, got.err)
	}
	if lines := strings.Split(strings.TrimSpace(got.out), "\n"); len(lines) != 4 || slices.ContainsFunc(lines, func(l string) bool { return !strings.HasSuffix(l, " invalid") }) {
		t.Errorf("got %s", got.out)
	}
	if got := run(t, "manifests", release, "--strict", "-o", "name"); got.code != 7 {
		t.Errorf("--strict: exit code %d", got.code)
	}
	if got := run(t, "manifests", release, "--hash"); got.code != 6 || got.out != "" {
		t.Errorf("--hash: exit code %d, %s", got.code, got.out)
	}
}

// bomb is a document whose aliases expand to billions of strings.
func bomb() string {
	text := "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 12; i++ {
		before, here := "a"+string(rune('0'+i-1)), "a"+string(rune('0'+i))
		text += here + ": &" + here + " [" + strings.Repeat("*"+before+",", 8) + "*" + before + "]\n"
	}
	return text
}

// The manifests equal those that the operator's own code loads, in nine settings.
func TestManifestsEqualThoseOfOperator(t *testing.T) {
	recordings, err := filepath.Glob(filepath.Join(fixture.Path(t, "cvo-golden"), "load-*.jsonl"))
	if err != nil || len(recordings) != 9 {
		t.Fatalf("%d recordings, %v", len(recordings), err)
	}
	for _, recording := range recordings {
		t.Run(filepath.Base(recording), func(t *testing.T) {
			settings, objects := readRecording(t, recording)
			args := []string{
				"manifests", real(t), "--release-image", settings["releaseImage"].(string), "--profile", settings["profile"].(string),
				"--feature-set", settings["featureSet"].(string), "--exclude-identifier", settings["exclude"].(string),
			}
			if gates := settings["featureGates"].(string); gates == "nil" {
				args = append(args, "--feature-gates", "unchecked")
			} else if !strings.Contains(recording, "payloadgates") {
				args = append(args, "--feature-gates", gates)
			}
			if known := settings["knownCapabilities"].(string); known != "nil" {
				args = append(args, "--known-capabilities", known)
			}
			want(t, run(t, append(args, "--hash")...), 0, settings["hash"].(string)+"\n", "")
			got := good(t, run(t, append(args, "--jq", `.items[]|[.file, (.object.apiVersion|if index("/") then split("/")[] else ("",.) end), .object.kind, (.object.namespace//""), .object.name]|tojson`)...))
			if diff := cmp.Diff(objects, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// readRecording returns the settings of a recording and its objects, one JSON array a line.
func readRecording(t *testing.T, path string) (map[string]any, string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	var settings map[string]any
	var objects strings.Builder
	for lines.Scan() {
		if settings == nil {
			if err := json.Unmarshal(lines.Bytes(), &settings); err != nil {
				t.Fatal(err)
			}
			continue
		}
		objects.WriteString(lines.Text() + "\n")
	}
	return settings, objects.String()
}
