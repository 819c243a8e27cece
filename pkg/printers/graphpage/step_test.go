package graphpage_test

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/graphpage"
)

// drawn are the IDs of the boxes, step by step.
func drawn(t testing.TB, p graphpage.Page) [][]string {
	t.Helper()
	var steps [][]string
	for _, step := range find(parse(t, write(t, p)), "section", "step") {
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
	if got := strings.Count(string(content), "everything in <a href=\"#s1\">"); got != width {
		t.Errorf("%d cards wait for all of step 1, want %d", got, width)
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
			node := &graph.Node{}
			for i, level := range strings.Split(levels, " ") {
				object := &manifest.Object{Level: strings.Trim(level, "-"), Component: "c", File: "f"}
				node.Objects = append(node.Objects, manifest.Entry{Object: object, State: manifest.Included, Index: i + 1})
			}
			root := parse(t, write(t, graphpage.Page{Graph: (&graph.Graph{Strategy: graph.Install, Nodes: []*graph.Node{node}}).All()}))
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
