package plugin_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/fixture"
)

// A step may have more nodes than the operator works on at a time.
func TestGraphTreeShowsParallelism(t *testing.T) {
	release := real(t)
	for strategy, want := range map[string]string{
		"update":    "step 12: 26 side by side, 16 at a time\n",
		"reconcile": "step 1: 89 side by side, 2 at a time\n",
		"install":   "step 1: 89 side by side\n",
	} {
		if got := good(t, run(t, "graph", release, "--strategy", strategy)); !strings.Contains(got, want) {
			t.Errorf("%s: the tree lacks %q", strategy, want)
		}
	}
}

// treeHead is the beginning of the tree of an update of 4.14.0.
func treeHead(counts string) string {
	return "Release 4.14.0, strategy update: " + counts + "\n" +
		"A step begins when the one before it is done. Its lines are worked on side by side, the objects of a line in their order.\n" +
		"A line shows run levels (- for none), components and the number of objects.\n\n"
}

func TestGraphTree(t *testing.T) {
	release := layout(t, ordered())
	want(t, run(t, "graph", release), 0, treeHead("4 objects in 1 step")+
		"step 1\n"+
		"│  The operator's own manifests come first, whatever their level: this is why level 90 is here.\n"+
		"│  Levels 03 and 50 have one component each, with nothing to do side by side: they share a step.\n"+
		"└─ 90,03,50 cluster-version-operator, first, b: 4 objects\n", "")
	preview := run(t, "graph", release, "--feature-set", "TechPreviewNoUpgrade")
	want(t, preview, 0, treeHead("5 objects in 2 steps")+
		"step 1\n"+
		"│  The operator's own manifests come first, whatever their level: this is why level 90 is here.\n"+
		"└─ 90,03 cluster-version-operator, first: 2 objects\n\n"+
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

// Objects that are loaded but not applied keep their place and are marked. Documents with default settings do not mention
// them.
func TestGraphMarksObjectsNotApplied(t *testing.T) {
	release := layout(t, ordered())
	const reason = "disabled capability Console"
	want(t, run(t, "graph", release, "--capabilities", "none", "--objects"), 0, treeHead("4 objects in 1 step, 1 not applied")+
		"step 1\n"+
		"│  The operator's own manifests come first, whatever their level: this is why level 90 is here.\n"+
		"│  Levels 03 and 50 have one component each, with nothing to do side by side: they share a step.\n"+
		"└─ 90,03,50 cluster-version-operator, first, b: 4 objects, 1 not applied\n"+
		"   ├─ 1 ConfigMap own\n"+
		"   ├─ 2 Namespace first\n"+
		"   ├─ 3 ConfigMap b1\n"+
		"   └─ 4 ConfigMap b3, not applied: "+reason+"\n", "")
	const states = `[.nodes[].objects[]|[.name, .state, .reason]]`
	want(t, run(t, "graph", release, "--capabilities", "none", "--jq", states), 0,
		`[["own",null,null],["first",null,null],["b1",null,null],["b3","excluded","`+reason+`"]]`+"\n", "")
	want(t, run(t, "graph", release, "--jq", states), 0, `[["own",null,null],["first",null,null],["b1",null,null],["b3",null,null]]`+"\n", "")
	if page := good(t, run(t, "graph", release, "--capabilities", "none", "-o", "html")); strings.Count(page, "not applied: "+reason) != 1 {
		t.Errorf("html: %s", page)
	}
	for _, form := range []string{"dot", "mermaid"} {
		whole := good(t, run(t, "graph", release, "-o", form))
		want(t, run(t, "graph", release, "--capabilities", "none", "-o", form), 0, whole, "")
	}
}

// A file without a component adds none to its node.
func TestGraphComponents(t *testing.T) {
	release := layout(t, ordered().WithManifest("0000_90_openshift-policy.yaml", object("ConfigMap", "policy", included)))
	want(t, run(t, "graph", release, "--jq", ".nodes[].components"), 0, `["cluster-version-operator","first","b"]`+"\n", "")
	want(t, run(t, "graph", release), 0, treeHead("5 objects in 1 step")+"step 1\n"+
		"│  The operator's own manifests come first, whatever their level: this is why level 90 is here.\n"+
		"│  Levels 03 and 50 have one component each, with nothing to do side by side: they share a step.\n"+
		"│  The file 0000_90_openshift-policy.yaml is not named 0000_LEVEL_COMPONENT_NAME, so it has no level.\n└─ 90,03,50,- cluster-version-operator, first, b, 0000_90_openshift-policy.yaml: 5 objects\n", "")
}

// The page names the settings of the cluster that it was made for.
func TestGraphSettings(t *testing.T) {
	release, dir := layout(t, ordered()), t.TempDir()
	config, overrides := filepath.Join(dir, "install-config.yaml"), filepath.Join(dir, "overrides")
	for file, text := range map[string]string{
		config:    "apiVersion: v1\nfeatureSet: CustomNoUpgrade\nfeatureGates: [A=true]\n",
		overrides: "- {kind: ConfigMap, group: \"\", namespace: \"\", name: b1, unmanaged: true}\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const usual = "Profile=self-managed-high-availability "
	for _, test := range []struct{ args, want string }{
		{"", usual + "Feature set=Default Feature gates=the release's own"},
		{"--profile=", usual + "Feature set=Default Feature gates=the release's own"},
		{"--feature-gates A,-B --capabilities v4.11,Console", usual + "Feature set=Default Feature gates=A, -B Capabilities=v4.11,Console"},
		{"--feature-gates unchecked --known-capabilities= --exclude-identifier x", usual + "Feature set=Default Feature gates=not checked Known capabilities=none Exclude identifier=x"},
		{"--feature-gates= --overrides " + overrides, usual + "Feature set=Default Feature gates=none Overrides=1"},
		{"--install-config " + config, usual + "Feature set=CustomNoUpgrade Feature gates=of the install config Capabilities=of the install config"},
	} {
		t.Run(test.args, func(t *testing.T) {
			got := run(t, append([]string{"graph", release, "-o", "html"}, strings.Fields(test.args)...)...)
			if settings := shownSettings(got.out); settings != test.want {
				t.Errorf("%q, want %q", settings, test.want)
			}
		})
	}
	s := laboratory(t, "4.14.0", "q.io/a/b:c", "")
	got := in(t, s, "graph", release, "-o", "html", "--included-by-cluster", "--profile", "hypershift")
	wanted := "Profile=hypershift Feature set=TechPreviewNoUpgrade Feature gates=the cluster's Capabilities=the cluster's " +
		"Known capabilities=the cluster's Exclude identifier=lab Overrides=1 Cluster=" + s.Host()
	if settings := shownSettings(got.out); settings != wanted {
		t.Errorf("%q, want %q", settings, wanted)
	}
}

// shownSettings returns the settings on a page, as NAME=VALUE.
func shownSettings(page string) string {
	_, facts, _ := strings.Cut(page, "<dt>Strategy</dt><dd>update</dd>")
	facts, _, _ = strings.Cut(facts, "</dl>")
	facts = strings.NewReplacer("</div>", "", "\n", "", "<div><dt>", " ", "</dt><dd>", "=", "</dd>", "", "&#39;", "'").Replace(facts)
	return strings.TrimSpace(facts)
}

func TestGraphUsage(t *testing.T) {
	release := layout(t, ordered())
	for _, test := range []struct{ args, want string }{
		{"--strategy nope", `--strategy "nope": want update, install or reconcile`},
		{"--attempt 3", "--attempt needs --strategy reconcile"},
		{"--strategy reconcile --attempt -1", "--attempt -1: want a number that is not negative"},
	} {
		want(t, run(t, append([]string{"graph", release}, strings.Fields(test.args)...)...), 2, "", "error: "+test.want+"\n")
	}
	want(t, run(t, "graph", release, "--to", ""), 2, "", "error: --to is empty: name a file, or - for standard output\n")
}

// A page is written to a file, not to a terminal.
func TestGraphToFile(t *testing.T) {
	release, file := layout(t, ordered()), filepath.Join(t.TempDir(), "graph.html")
	terminal := call{terminal: true}
	want(t, terminal.run(t, "graph", release, "-o", "html"), 2, "", "error: -o html is a page for a browser: write it to a file with --to FILE\n")
	page := good(t, run(t, "graph", release, "-o", "html"))
	want(t, terminal.run(t, "graph", release, "-o", "html", "--to", file), 0, "", "")
	if got, err := os.ReadFile(file); err != nil || string(got) != page {
		t.Errorf("%v: %d bytes, want %d", err, len(got), len(page))
	}
	if got := good(t, run(t, "graph", release, "-o", "html", "--to", "-")); got != page {
		t.Error("--to - writes something else")
	}
	tree := good(t, run(t, "graph", release))
	want(t, terminal.run(t, "graph", release, "--to", file), 0, "", "")
	if got, err := os.ReadFile(file); err != nil || string(got) != tree {
		t.Errorf("%v: %s", err, got)
	}
}

// The output equals that of the operator's tool, which knows no feature gates, byte for byte.
func TestGraphEqualsToolOfOperator(t *testing.T) {
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

// --level and --component limit tree, mermaid and html; the other forms show the complete graph.
func TestGraphLimitedByLevelAndComponent(t *testing.T) {
	release := layout(t, ordered())
	const head = "step 1\n" +
		"│  The operator's own manifests come first, whatever their level: this is why level 90 is here.\n" +
		"│  Levels 03 and 50 have one component each, with nothing to do side by side: they share a step.\n"
	want(t, run(t, "graph", release, "--level", "50"), 0, treeHead("2 of 4 objects in 1 of 1 step")+head+"└─ 50 b: 2 of 4 objects\n", "")
	want(t, run(t, "graph", release, "--component", "f*,b", "--level", "03", "-o", "tree"), 0, treeHead("1 of 4 objects in 1 of 1 step")+head+"└─ 03 first: 1 of 4 objects\n", "")
	want(t, run(t, "graph", release, "--level", "03,5"), 0, treeHead("1 of 4 objects in 1 of 1 step")+head+"└─ 03 first: 1 of 4 objects\n",
		"Warning: --level 5: no manifest of release 4.14.0 has this run level; did you mean 50? Levels count as they are written\n")
	want(t, run(t, "graph", release, "--level", "03", "--component", "b"), 0, treeHead("0 of 4 objects in 0 of 1 step")+
		"⋮ step 1 is not shown: 4 objects\n", "No objects found.\n")
	want(t, run(t, "graph", release, "--component", "frst"), 3, "", "error: --component frst: no manifest of release 4.14.0 has this component; did you mean first?\n")
	want(t, run(t, "graph", release, "--component", "["), 2, "", "error: --component: malformed pattern \"[\": * ? and [a-z] are understood\n")
	want(t, run(t, "graph", release, "--level="), 2, "", "error: --level \"\": want a run level, such as 50\n")
	if page := good(t, run(t, "graph", release, "-o", "html", "--level", "50", "--component", "b")); !strings.Contains(page, "<div><dt>Levels</dt><dd>50</dd></div>\n<div><dt>Components</dt><dd>b</dd></div>") {
		t.Errorf("html: %s", page)
	}
	for _, args := range []string{"-o dot --level 50", "-o json --level 50", "-o yaml --level 50", "--jq .kind --level 50"} {
		want(t, run(t, append([]string{"graph", release}, strings.Fields(args)...)...), 2, "", "error: --level is for -o tree, mermaid and html; the other forms show the complete graph\n")
	}
	want(t, run(t, "graph", release, "-o", "json", "--component", "b"), 2, "", "error: --component is for -o tree, mermaid and html; the other forms show the complete graph\n")
}
