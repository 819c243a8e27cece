package printers

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/fixture"
	"github.com/release-x/oc-release-x/internal/testmanifest"
	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

func build(t *testing.T, strategy graph.Strategy, entries []manifest.Entry) *graph.Graph {
	t.Helper()
	g, err := graph.New(entries, strategy, 0)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// treeHead is what a tree begins with: counts, and how to read it.
func treeHead(version, counts string) string {
	return strings.TrimSpace("Release "+version) + ", strategy update: " + counts + "\n" +
		"A step begins when the one before it is done. Its lines are worked on side by side, the objects of a line in their order.\n" +
		"A line shows run levels (- for none), components and the number of objects.\n"
}

// The diagram of a release of real size is the one that the operator's own tool prints.
func TestDOTIsTheOperators(t *testing.T) {
	files := fixture.Release(t, fixture.Version)
	loaded := manifest.Load(files, manifest.Render{})
	entries, _ := manifest.Evaluate(loaded.Objects, manifest.Settings{
		MajorVersion: new(uint64(4)),
		Gates:        manifest.Gates{Mode: manifest.ListedGates},
	})
	for name, strategy := range map[string]graph.Strategy{
		"task-graph-by-number-and-component.dot": graph.Update,
		"task-graph-flatten.dot":                 graph.Install,
	} {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			if err := writeDOT(&got, build(t, strategy, entries)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(fixture.Read(t, "cvo-golden/"+name), got.String()); diff != "" {
				t.Errorf("graph (-want +got):\n%s", diff)
			}
		})
	}
}

// mixed is a graph with everything in it: a serial node of two levels, components side by side, a job, a file without
// a level, and names that no cluster accepts.
func mixed(t *testing.T) *graph.Graph {
	t.Helper()
	entries := testmanifest.Entries("0000_10_a_1", "0000_20_b_1", "0000_30_c_1", "0000_30_d_1", "0000_30_d_job", "x<y>.yaml")
	entries[0].Namespace = "ns"
	entries[5].Name = "a\"b\\c\nd"
	return build(t, graph.Update, entries)
}

func TestDOT(t *testing.T) {
	want := `digraph tasks {
  labelloc=t;
  rankdir=TB;
  0 [ label="job object-5 (5 of 6)" shape="box" ];
  1 [ label="no manifests" shape="box" ];
  2 [ label="configmap ab\\c\\nd (6 of 6)" shape="box" ];
  3 [ label="configmap ns/object-1 (1 of 6)\nconfigmap object-2 (2 of 6)" shape="box" ];
  4 [ label="configmap object-3 (3 of 6)" shape="box" ];
  5 [ label="configmap object-4 (4 of 6)" shape="box" ];
  6 [ label="no manifests" shape="box" ];
  0 -> 2;
  1 -> 3;
  3 -> 4;
  3 -> 5;
  4 -> 6;
  5 -> 6;
  6 -> 0;
}
`
	var got strings.Builder
	if err := writeDOT(&got, mixed(t)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("graph (-want +got):\n%s", diff)
	}
}

func TestTree(t *testing.T) {
	short := treeHead("4.14.0", "6 objects in 4 steps") + `
step 1
│  Levels 10 and 20 have one component each, with nothing to do side by side: they share a step.
└─ 10,20 a, b: 2 objects

step 2: 2 side by side
├─ 30 c: 1 object
└─ 30 d: 1 object

step 3
│  A job is a barrier: what follows waits until it is complete.
└─ 30 job object-5

step 4
│  The file x<y>.yaml is not named 0000_LEVEL_COMPONENT_NAME, so it has no level.
└─ - x<y>.yaml: 1 object
`
	long := treeHead("4.14.0", "6 objects in 4 steps") + `
step 1
│  Levels 10 and 20 have one component each, with nothing to do side by side: they share a step.
└─ 10,20 a, b: 2 objects
   ├─ 1 ConfigMap ns/object-1
   └─ 2 ConfigMap object-2

step 2: 2 side by side
├─ 30 c: 1 object
│  └─ 3 ConfigMap object-3
└─ 30 d: 1 object
   └─ 4 ConfigMap object-4

step 3
│  A job is a barrier: what follows waits until it is complete.
└─ 30 job object-5
   └─ 5 Job object-5

step 4
│  The file x<y>.yaml is not named 0000_LEVEL_COMPONENT_NAME, so it has no level.
└─ - x<y>.yaml: 1 object
   └─ 6 ConfigMap a"b\c\nd
`
	for objects, want := range map[bool]string{false: short, true: long} {
		var got strings.Builder
		if err := writeTree(&got, "4.14.0", mixed(t).All(), objects); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.String()); diff != "" {
			t.Errorf("objects %t (-want +got):\n%s", objects, diff)
		}
	}
}

// Levels are named one by one: a range stands only for those that follow each other by one.
func TestLevels(t *testing.T) {
	tests := map[string]struct {
		files []string
		want  string
	}{
		"two":            {[]string{"0000_00_a_1", "0000_90_a_1"}, "00,90 a"},
		"two in a row":   {[]string{"0000_04_a_1", "0000_05_a_1"}, "04,05 a"},
		"a range":        {[]string{"0000_08_a_1", "0000_09_a_1", "0000_10_a_1", "0000_12_a_1"}, "08..10,12 a"},
		"two ranges":     {[]string{"0000_90_a_1", "0000_91_a_1", "0000_92_a_1", "0000_03_a_1", "0000_04_a_1", "0000_05_a_1"}, "90..92,03..05 a"},
		"other digits":   {[]string{"0000_9_a_1", "0000_10_a_1", "0000_11_a_1"}, "9,10,11 a"},
		"files of none":  {[]string{"0000_40_e_1", "z"}, "40,- e, z"},
		"very many":      {[]string{"0000_00_a_1", "0000_10_a_1", "0000_20_a_1", "0000_30_a_1", "0000_40_a_1", "0000_50_a_1", "0000_60_a_1", "0000_70_a_1", "0000_80_a_1", "0000_90_a_1"}, "00,10,20,30,40,50,60,…,90 a"},
		"beyond numbers": {[]string{"0000_99999999999999999998_a_1", "0000_99999999999999999999_a_1"}, "99999999999999999998,99999999999999999999 a"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			if err := writeTree(&got, "", build(t, graph.Update, testmanifest.Entries(test.files...)).All(), false); err != nil {
				t.Fatal(err)
			}
			if want := fmt.Sprintf("\n└─ %s: %d objects\n", test.want, len(test.files)); !strings.HasSuffix(got.String(), want) {
				t.Errorf("%q, want %q at the end", got.String(), want)
			}
		})
	}
}

// Objects that are loaded but not applied keep their place. The tree marks them; the operator's tool does not.
func TestNotApplied(t *testing.T) {
	entries := testmanifest.Entries("0000_10_a_1", "0000_20_b_1", "0000_20_c_1", "0000_20_c_2", "0000_20_d_job")
	var whole [2]strings.Builder
	g := build(t, graph.Update, entries)
	if err := errors.Join(writeDOT(&whole[0], g), writeMermaid(&whole[1], g.All())); err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{2, 4} {
		entries[i].State, entries[i].Reason = manifest.Excluded, "disabled capability Console"
	}
	g = build(t, graph.Update, entries)
	for objects, want := range map[bool]string{
		false: treeHead("4.14.0", "5 objects in 3 steps, 2 not applied") + `
step 1
└─ 10 a: 1 object

step 2: 2 side by side
├─ 20 b: 1 object
└─ 20 c: 2 objects, 1 not applied

step 3
│  A job is a barrier: what follows waits until it is complete.
└─ 20 job object-5, 1 not applied
`,
		true: treeHead("4.14.0", "5 objects in 3 steps, 2 not applied") + `
step 1
└─ 10 a: 1 object
   └─ 1 ConfigMap object-1

step 2: 2 side by side
├─ 20 b: 1 object
│  └─ 2 ConfigMap object-2
└─ 20 c: 2 objects, 1 not applied
   ├─ 3 ConfigMap object-3, not applied: disabled capability Console
   └─ 4 ConfigMap object-4

step 3
│  A job is a barrier: what follows waits until it is complete.
└─ 20 job object-5, 1 not applied
   └─ 5 Job object-5, not applied: disabled capability Console
`,
	} {
		var got strings.Builder
		if err := writeTree(&got, "4.14.0", g.All(), objects); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.String()); diff != "" {
			t.Errorf("objects %t (-want +got):\n%s", objects, diff)
		}
	}
	var part [2]strings.Builder
	if err := errors.Join(writeDOT(&part[0], g), writeMermaid(&part[1], g.All())); err != nil {
		t.Fatal(err)
	}
	if part[0].String() != whole[0].String() || part[1].String() != whole[1].String() {
		t.Errorf("dot or mermaid differ: %s%s", part[0].String(), part[1].String())
	}
}

// A node of many components names the first ones.
func TestTreeIsShort(t *testing.T) {
	var got strings.Builder
	g := build(t, graph.Update, testmanifest.Entries("0000_10_a_1", "0000_20_b_1", "0000_30_c_1", "0000_40_d_1", "0000_50_e_1", "0000_60_f_1"))
	if err := writeTree(&got, "", g.All(), false); err != nil {
		t.Fatal(err)
	}
	want := treeHead("", "6 objects in 1 step") + "\nstep 1\n" +
		"│  Levels 10, 20, 30, 40, 50 and 60 have one component each, with nothing to do side by side: they share a step.\n" +
		"└─ 10,20,30,40,50,60 a, b, c, d and 2 more: 6 objects\n"
	if got.String() != want {
		t.Errorf("%q, want %q", got.String(), want)
	}
}

func TestMermaid(t *testing.T) {
	want := `flowchart TD
  subgraph s1["step 1"]
    n3["10,20 a, b: 2 objects"]
  end
  subgraph s2["step 2: 2 side by side"]
    n4["30 c: 1 object"]
    n5["30 d: 1 object"]
  end
  subgraph s3["step 3"]
    n0{{"30 job object-5"}}
  end
  subgraph s4["step 4"]
    n2["- x#60;y#62;.yaml: 1 object"]
  end
  n1(( ))
  n6(( ))
  n0 --> n2
  n1 --> n3
  n3 --> n4
  n3 --> n5
  n4 --> n6
  n5 --> n6
  n6 --> n0
`
	var got strings.Builder
	if err := writeMermaid(&got, mixed(t).All()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("graph (-want +got):\n%s", diff)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWriterFails(t *testing.T) {
	g := mixed(t)
	for name, err := range map[string]error{"DOT": writeDOT(full{}, g), "Tree": writeTree(full{}, "", g.All(), true), "Mermaid": writeMermaid(full{}, g.All())} {
		if err == nil || err.Error() != "no space left" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// No form has characters of a hostile release that terminals or parsers interpret.
func TestGraphFormsEscapeHostileNames(t *testing.T) {
	const hostile = "a\x1b[31m\x00\u202e\u2066\n\r\t\x7f\u0085\xffz"
	entries := testmanifest.Entries("0000_10_a_1", "0000_20_b_1", "0000_20_c_job", "x"+hostile)
	for i, entry := range entries {
		entry.Kind, entry.Namespace, entry.Name, entry.Component = entry.Kind+hostile, hostile, hostile, entry.Component+hostile
		entries[i].State, entries[i].Reason = manifest.Excluded, hostile
	}
	document := &v1alpha1.ReleaseGraph{Release: v1alpha1.Release{Version: "4.14.0" + hostile}}
	view := Graph(document, build(t, graph.Update, entries), GraphOptions{Objects: true})
	for form, write := range view.Texts {
		var got strings.Builder
		if err := write(&got); err != nil {
			t.Fatal(err)
		}
		text := got.String()
		if form == "html" {
			_, text, _ = strings.Cut(text, "<body>") // the style sheet and the script have tabs
			text = strings.ReplaceAll(text, "\u00a0", " ")
		}
		if shown := SafeText(text); shown != text {
			t.Errorf("%s: %q", form, text)
		}
		if !strings.Contains(text, "x1b") {
			t.Errorf("%s: the name is not shown: %q", form, text)
		}
	}
}

// narrowed keeps the objects of these components.
func narrowed(g *graph.Graph, components ...string) graph.Part {
	return g.Narrow(func(e manifest.Entry) bool {
		for _, component := range components {
			if e.Component == component {
				return true
			}
		}
		return false
	})
}

// A tree of a part of the graph keeps the numbers of steps and names the steps that are not shown.
func TestNarrowTree(t *testing.T) {
	g := mixed(t)
	tests := map[string]struct {
		components []string
		want       string
	}{
		"first": {[]string{"a"}, "1 of 6 objects in 1 of 4 steps\n" + `
step 1
│  Levels 10 and 20 have one component each, with nothing to do side by side: they share a step.
└─ 10 a: 1 of 2 objects
   └─ 1 ConfigMap ns/object-1

⋮ steps 2 to 4 are not shown: 4 objects
`},
		"middle": {[]string{"c"}, "1 of 6 objects in 1 of 4 steps\n" + `
⋮ step 1 is not shown: 2 objects

step 2: 2 side by side, 1 shown
└─ 30 c: 1 object
   └─ 3 ConfigMap object-3

⋮ steps 3 to 4 are not shown: 2 objects
`},
		"with a gap": {[]string{"b", "d"}, "3 of 6 objects in 3 of 4 steps\n" + `
step 1
│  Levels 10 and 20 have one component each, with nothing to do side by side: they share a step.
└─ 20 b: 1 of 2 objects
   └─ 2 ConfigMap object-2

step 2: 2 side by side, 1 shown
└─ 30 d: 1 object
   └─ 4 ConfigMap object-4

step 3
│  A job is a barrier: what follows waits until it is complete.
└─ 30 job object-5
   └─ 5 Job object-5

⋮ step 4 is not shown: 1 object
`},
		"nothing": {nil, "0 of 6 objects in 0 of 4 steps\n" + `
⋮ steps 1 to 4 are not shown: 6 objects
`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			if err := writeTree(&got, "4.14.0", narrowed(g, test.components...), true); err != nil {
				t.Fatal(err)
			}
			counts, steps, _ := strings.Cut(test.want, "\n")
			if diff := cmp.Diff(treeHead("4.14.0", counts)+steps, got.String()); diff != "" {
				t.Errorf("tree (-want +got):\n%s", diff)
			}
		})
	}
}

// In a chart of a part of the graph, arrows pass through boxes that name the steps that are not shown, or through points.
func TestNarrowMermaid(t *testing.T) {
	g := build(t, graph.Update, testmanifest.Entries("0000_10_a_1", "0000_10_b_1", "0000_20_c_1", "0000_20_d_1", "0000_30_e_1", "0000_30_f_1", "0000_40_a_1", "0000_40_b_1"))
	want := `flowchart TD
  subgraph s1["step 1: 2 side by side"]
    n1["10 a: 1 object"]
    n2["10 b: 1 object"]
  end
  subgraph s2["step 2: 2 side by side, 1 shown"]
    n4["20 c: 1 object"]
  end
  subgraph s4["step 4: 2 side by side"]
    n10["40 a: 1 object"]
    n11["40 b: 1 object"]
  end
  g2(( ))
  n1 --> g2
  n2 --> g2
  g2 --> n4
  g4["step 3 is not shown: 2 objects"]
  n4 --> g4
  g4 --> n10
  g4 --> n11
`
	var got strings.Builder
	if err := writeMermaid(&got, narrowed(g, "a", "b", "c")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("chart (-want +got):\n%s", diff)
	}
}
