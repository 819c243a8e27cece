package graph_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/fixture"
	"github.com/release-x/oc-release-x/internal/recorded"
	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// What the operator's own tool prints for a release of real size.
func TestDOTIsTheOperators(t *testing.T) {
	files := recorded.Files(t, recorded.Version)
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
			if err := build(t, strategy, 0, entries).DOT(&got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(fixture.Read(t, "cvo-golden/"+name), got.String()); diff != "" {
				t.Errorf("graph (-want +got):\n%s", diff)
			}
		})
	}
}

// small is a graph with everything in it: a serial node of two levels, components side by side, a job, a file without
// a level, and names that no cluster accepts.
func small(t *testing.T) *graph.Graph {
	t.Helper()
	entries := loaded("0000_10_a_1", "0000_20_b_1", "0000_30_c_1", "0000_30_d_1", "0000_30_d_job", "x<y>.yaml")
	entries[0].Namespace = "ns"
	entries[5].Name = "a\"b\\c\nd"
	return build(t, graph.Update, 0, entries)
}

func TestDOT(t *testing.T) {
	want := `digraph tasks {
  labelloc=t;
  rankdir=TB;
  0 [ label="job object-5 (5 of 6)" shape="box" ];
  1 [ label="no manifests" shape="box" ];
  2 [ label="configmap ab\\c d (6 of 6)" shape="box" ];
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
	if err := small(t).DOT(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("graph (-want +got):\n%s", diff)
	}
}

func TestTree(t *testing.T) {
	short := `6 objects in 4 steps

step 1
└─ 10,20 a, b: 2 objects

step 2: 2 side by side
├─ 30 c: 1 object
└─ 30 d: 1 object

step 3
└─ 30 job object-5

step 4
└─ - x<y>.yaml: 1 object
`
	long := `6 objects in 4 steps

step 1
└─ 10,20 a, b: 2 objects
   ├─ 1 ConfigMap ns/object-1
   └─ 2 ConfigMap object-2

step 2: 2 side by side
├─ 30 c: 1 object
│  └─ 3 ConfigMap object-3
└─ 30 d: 1 object
   └─ 4 ConfigMap object-4

step 3
└─ 30 job object-5
   └─ 5 Job object-5

step 4
└─ - x<y>.yaml: 1 object
   └─ 6 ConfigMap ` + "a\"b\\c\nd\n"
	for objects, want := range map[bool]string{false: short, true: long} {
		var got strings.Builder
		if err := small(t).Tree(&got, objects); err != nil {
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
			if err := build(t, graph.Update, 0, loaded(test.files...)).Tree(&got, false); err != nil {
				t.Fatal(err)
			}
			want := fmt.Sprintf("%[1]d objects in 1 step\n\nstep 1\n└─ %[2]s: %[1]d objects\n", len(test.files), test.want)
			if got.String() != want {
				t.Errorf("%q, want %q", got.String(), want)
			}
		})
	}
}

// What is loaded and not applied keeps its place and is told of in the tree; the operator's tool knows nothing of it.
func TestNotApplied(t *testing.T) {
	entries := loaded("0000_10_a_1", "0000_20_b_1", "0000_20_c_1", "0000_20_c_2", "0000_20_d_job")
	var whole [2]strings.Builder
	g := build(t, graph.Update, 0, entries)
	if err := errors.Join(g.DOT(&whole[0]), g.Mermaid(&whole[1])); err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{2, 4} {
		entries[i].State, entries[i].Reason = manifest.Excluded, "disabled capability Console"
	}
	g = build(t, graph.Update, 0, entries)
	for objects, want := range map[bool]string{
		false: `5 objects in 3 steps, 2 not applied

step 1
└─ 10 a: 1 object

step 2: 2 side by side
├─ 20 b: 1 object
└─ 20 c: 2 objects, 1 not applied

step 3
└─ 20 job object-5, 1 not applied
`,
		true: `5 objects in 3 steps, 2 not applied

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
└─ 20 job object-5, 1 not applied
   └─ 5 Job object-5, not applied: disabled capability Console
`,
	} {
		var got strings.Builder
		if err := g.Tree(&got, objects); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.String()); diff != "" {
			t.Errorf("objects %t (-want +got):\n%s", objects, diff)
		}
	}
	var part [2]strings.Builder
	if err := errors.Join(g.DOT(&part[0]), g.Mermaid(&part[1])); err != nil {
		t.Fatal(err)
	}
	if part[0].String() != whole[0].String() || part[1].String() != whole[1].String() {
		t.Errorf("dot or mermaid differ: %s%s", part[0].String(), part[1].String())
	}
}

// A file without a component is no component.
func TestComponents(t *testing.T) {
	node := build(t, graph.Update, 0, loaded("0000_10_a_1", "x.yaml", "0000_10_b_1", "0000_10_b_2")).Nodes[0]
	if diff := cmp.Diff([]string{"a", "b"}, node.Components()); diff != "" {
		t.Errorf("components (-want +got):\n%s", diff)
	}
}

// A node of many components names the first ones.
func TestTreeIsShort(t *testing.T) {
	var got strings.Builder
	g := build(t, graph.Update, 0, loaded("0000_10_a_1", "0000_20_b_1", "0000_30_c_1", "0000_40_d_1", "0000_50_e_1", "0000_60_f_1"))
	if err := g.Tree(&got, false); err != nil {
		t.Fatal(err)
	}
	want := "6 objects in 1 step\n\nstep 1\n└─ 10,20,30,40,50,60 a, b, c, d and 2 more: 6 objects\n"
	if got.String() != want {
		t.Errorf("%q, want %q", got.String(), want)
	}
}

func TestMermaid(t *testing.T) {
	want := `flowchart TD
  n0{{"30 job object-5"}}
  n1(( ))
  n2["- x#60;y#62;.yaml: 1 object"]
  n3["10,20 a, b: 2 objects"]
  n4["30 c: 1 object"]
  n5["30 d: 1 object"]
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
	if err := small(t).Mermaid(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("graph (-want +got):\n%s", diff)
	}
}

func TestNodeLevel(t *testing.T) {
	g := small(t)
	var got []string
	for _, node := range g.Nodes {
		got = append(got, node.Level())
	}
	if diff := cmp.Diff([]string{"30", "", "", "", "30", "30", ""}, got); diff != "" {
		t.Errorf("levels (-want +got):\n%s", diff)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWriterFails(t *testing.T) {
	g := small(t)
	for name, err := range map[string]error{"DOT": g.DOT(full{}), "Tree": g.Tree(full{}, true), "Mermaid": g.Mermaid(full{})} {
		if err == nil || err.Error() != "no space left" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
