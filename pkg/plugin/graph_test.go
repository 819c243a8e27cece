package plugin_test

import (
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/fixture"
)

func TestGraphTree(t *testing.T) {
	release := layout(t, ordered())
	want(t, run(t, "graph", release), 0, ""+
		"4 objects in 1 step\n\n"+
		"step 1\n"+
		"└─ 90..50 cluster-version-operator, first, b: 4 objects\n", "")
	preview := run(t, "graph", release, "--feature-set", "TechPreviewNoUpgrade")
	want(t, preview, 0, ""+
		"5 objects in 2 steps\n\n"+
		"step 1\n"+
		"└─ 90..03 cluster-version-operator, first: 2 objects\n\n"+
		"step 2: 2 side by side\n"+
		"├─ 50 b: 2 objects\n"+
		"└─ 50 c: 1 object\n", "")
	want(t, run(t, "graph", release, "--feature-set", "TechPreviewNoUpgrade", "-o", "tree"), 0, preview.out, "")
}

func TestGraphDocument(t *testing.T) {
	release := layout(t, ordered())
	want(t, run(t, "graph", release, "--strategy", "install", "--jq", ".kind,.strategy,(.nodes[]|[.id,.level,.components,(.objects|length),.in,.out])"), 0, ""+
		"ReleaseGraph\ninstall\n"+
		`[0,null,[],0,[],[1,2,3]]`+"\n"+
		`[1,"90",["cluster-version-operator"],1,[0],[]]`+"\n"+
		`[2,"03",["first"],1,[0],[]]`+"\n"+
		`[3,"50",["b"],2,[0],[]]`+"\n", "")
	want(t, run(t, "graph", release, "--jq", ".nodes[0].objects[0]"), 0,
		`{"apiVersion":"v1","component":"cluster-version-operator","document":1,"file":"0000_90_cluster-version-operator_00_config.yaml","folder":"manifests","index":1,"kind":"ConfigMap","level":"90","name":"own"}`+"\n", "")
}

func TestGraphUsage(t *testing.T) {
	release := layout(t, ordered())
	for _, test := range []struct{ args, want string }{
		{"--strategy nope", `--strategy "nope": want update, install or reconcile`},
		{"--attempt 3", "--attempt goes with --strategy reconcile"},
		{"--strategy reconcile --attempt -1", "--attempt -1: it cannot be negative"},
	} {
		want(t, run(t, append([]string{"graph", release}, strings.Fields(test.args)...)...), 2, "", "error: "+test.want+"\n")
	}
}

// TestGraphIsWhatTheOperatorsToolPrints compares byte for byte; the tool knows no feature gate.
func TestGraphIsWhatTheOperatorsToolPrints(t *testing.T) {
	for golden, strategy := range map[string]string{"by-number-and-component": "update", "flatten": "install"} {
		want(t, run(t, "graph", real(t), "--strategy", strategy, "--feature-gates", "none", "-o", "dot"), 0,
			fixture.Read(t, "cvo-golden/task-graph-"+golden+".dot"), "")
	}
}

func TestGraphForms(t *testing.T) {
	release := layout(t, ordered())
	if out := good(t, run(t, "graph", release, "-o", "mermaid")); !strings.HasPrefix(out, "flowchart TD\n") {
		t.Errorf("mermaid: %s", out)
	}
	if out := good(t, run(t, "graph", release, "-o", "dot")); !strings.HasPrefix(out, "digraph tasks {\n") {
		t.Errorf("dot: %s", out)
	}
	if out := good(t, run(t, "graph", release, "-o", "html")); !strings.HasPrefix(out, "<!DOCTYPE html>\n") || strings.Contains(out, "http://") || !strings.Contains(out, "b3") {
		t.Errorf("html: %s", out)
	}
	if out := good(t, run(t, "graph", release, "--objects")); !strings.Contains(out, "ConfigMap") {
		t.Errorf("tree with objects: %s", out)
	}
}
