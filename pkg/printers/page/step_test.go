package page_test

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// drawn are the IDs of the boxes, step by step.
func drawn(t testing.TB, g *v1alpha1.ReleaseGraph) [][]string {
	t.Helper()
	var steps [][]string
	for _, step := range find(parse(t, write(t, g)), "section", "step") {
		var ids []string
		for _, box := range find(step, "details", "box") {
			ids = append(ids, attribute(box, "id"))
		}
		steps = append(steps, ids)
	}
	return steps
}

// The page finds the steps that the graph itself has.
func TestStepsAreTheGraphs(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	releases := map[string][]manifest.Entry{}
	for range 40 {
		files := make([]string, 1+random.Intn(30))
		for j := range files {
			files[j] = fmt.Sprintf("0000_%02d_%c_%d%s", random.Intn(4)*10, 'a'+rune(random.Intn(3)), j, []string{"", "", "", "job"}[random.Intn(4)])
		}
		slices.Sort(files)
		releases[strings.Join(files, " ")] = loaded(files...)
	}
	for files, entries := range releases {
		sameSteps(t, files, entries)
	}
}

func TestStepsOfARealRelease(t *testing.T) { sameSteps(t, "a recorded release", real(t)) }

func sameSteps(t *testing.T, what string, entries []manifest.Entry) {
	t.Helper()
	for _, strategy := range []graph.Strategy{graph.Update, graph.Install, graph.Reconcile} {
		g, err := graph.New(entries, strategy, 0)
		if err != nil {
			t.Fatal(err)
		}
		var want [][]string
		for _, step := range g.Steps() {
			var ids []string
			for _, node := range step {
				ids = append(ids, fmt.Sprintf("n%d", node.ID))
			}
			want = append(want, ids)
		}
		if diff := cmp.Diff(want, drawn(t, document(t, strategy, entries))); diff != "" {
			t.Errorf("%s of %s (-graph +page):\n%s", strategy, what, diff)
		}
	}
}

// chain builds a document with the edges that are given as "from>to", and one object in each node but those below.
func chain(count int, empty []int, edges ...string) *v1alpha1.ReleaseGraph {
	g := &v1alpha1.ReleaseGraph{Strategy: "update"}
	for id := range count {
		node := v1alpha1.GraphNode{ID: id, Components: []string{fmt.Sprintf("c%d", id)}}
		if !slices.Contains(empty, id) {
			node.Objects = []v1alpha1.GraphObject{{Index: id + 1, Level: "10", Component: node.Components[0]}}
		}
		g.Nodes = append(g.Nodes, node)
	}
	for _, edge := range edges {
		var from, to int
		if _, err := fmt.Sscanf(edge, "%d>%d", &from, &to); err != nil {
			panic(err)
		}
		if from < count {
			g.Nodes[from].Out = append(g.Nodes[from].Out, to)
		}
		if to < count {
			g.Nodes[to].In = append(g.Nodes[to].In, from)
		}
	}
	return g
}

// orders are what each box waits for, and what comes then.
func orders(t *testing.T, g *v1alpha1.ReleaseGraph) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, box := range find(parse(t, write(t, g)), "details", "box") {
		found[attribute(box, "id")] = strings.Join(texts(find(find(box, "dl", "order")[0], "dd", "")), "; ")
	}
	return found
}

// A document may come from anywhere. What is strange in it is passed over, and nothing hangs.
func TestStrangeDocuments(t *testing.T) {
	tests := []struct {
		name  string
		g     *v1alpha1.ReleaseGraph
		steps [][]string
		order map[string]string
	}{
		{"boxes of a step wait for different ones", chain(4, nil, "0>2", "1>3"), [][]string{{"n0", "n1"}, {"n2", "n3"}}, map[string]string{
			"n0": "nothing; c2", "n1": "nothing; c3", "n2": "c0; nothing", "n3": "c1; nothing",
		}},
		{"empty nodes in a row", chain(5, []int{1, 2, 3}, "0>1", "1>2", "1>3", "2>4", "3>4"), [][]string{{"n0"}, {"n4"}}, map[string]string{
			"n0": "nothing; c4 (step 2)", "n4": "c0 (step 1); nothing",
		}},
		{"a circle", chain(2, nil, "0>1", "1>0"), [][]string{{"n0", "n1"}}, map[string]string{"n0": "c1; c1", "n1": "c0; c0"}},
		{"a circle of empty nodes", chain(3, []int{1, 2}, "1>2", "2>1", "0>1"), [][]string{{"n0"}}, map[string]string{"n0": "nothing; nothing"}},
		{"ways to nowhere", chain(1, nil, "0>7", "8>0"), [][]string{{"n0"}}, map[string]string{"n0": "nothing; nothing"}},
		{"no node", &v1alpha1.ReleaseGraph{}, nil, map[string]string{}},
		{"one ID twice", &v1alpha1.ReleaseGraph{Nodes: append(chain(1, nil).Nodes, chain(1, nil).Nodes...)}, [][]string{{"n0"}}, map[string]string{
			"n0": "nothing; nothing",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.steps, drawn(t, test.g)); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.order, orders(t, test.g)); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
		})
	}
}

// A wide step behind a wide step takes room for the sum of both, not for the product.
func TestWideSteps(t *testing.T) {
	const width = 3000
	var files []string
	for i := range width {
		files = append(files, fmt.Sprintf("0000_10_a%04d_x", i))
	}
	for i := range width {
		files = append(files, fmt.Sprintf("0000_20_b%04d_x", i))
	}
	content := write(t, document(t, graph.Update, loaded(files...)))
	if perBox := len(content) / (2 * width); perBox > 1500 {
		t.Errorf("%d bytes, %d a box", len(content), perBox)
	}
	if got := strings.Count(string(content), "all boxes of <a href=\"#s1\">"); got != width {
		t.Errorf("%d boxes wait for all of step 1, want %d", got, width)
	}
}

func TestLevels(t *testing.T) {
	tests := map[string]string{
		"10": "Level 10", "": "No level", "10 20": "Levels 10, 20", "10 - 20": "Levels 10, 20 and none", "10 -": "Level 10 and none", "-": "No level",
		"90 10 20 30 40 50":         "Levels 90, 10, 20, 30, 40, 50",
		"100 10 20 9 30 40 50":      "7 levels from 9 to 100",
		"0100 10 20 09 30 40 - 008": "7 levels from 008 to 0100 and none",
	}
	for levels, want := range tests {
		t.Run(levels, func(t *testing.T) {
			g := chain(1, nil)
			g.Nodes[0].Objects = nil
			for _, level := range strings.Split(levels, " ") {
				g.Nodes[0].Objects = append(g.Nodes[0].Objects, v1alpha1.GraphObject{Level: strings.Trim(level, "-")})
			}
			root := parse(t, write(t, g))
			if got := raw(find(root, "h2", "")[1]); got != "Step 1: "+want {
				t.Errorf("%q, want %q", got, "Step 1: "+want)
			}
		})
	}
}

// A release of real size stays light.
func TestSize(t *testing.T) {
	for _, strategy := range []graph.Strategy{graph.Update, graph.Install} {
		content := write(t, realDocument(t, strategy))
		root := parse(t, content)
		rows := 0
		for _, body := range find(root, "tbody", "") {
			rows += len(find(body, "tr", "")) - len(find(body, "tr", "group"))
		}
		t.Logf("%s: %d bytes", strategy, len(content))
		if len(content) > 600_000 || rows < 1000 {
			t.Errorf("%s: %d bytes for %d objects", strategy, len(content), rows)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	g := realDocument(b, graph.Update)
	for b.Loop() {
		write(b, g)
	}
}
