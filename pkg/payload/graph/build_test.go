package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// build makes a graph, or fails the test.
func build(t *testing.T, strategy graph.Strategy, attempt int, entries []manifest.Entry) *graph.Graph {
	t.Helper()
	g, err := graph.New(entries, strategy, attempt)
	if err != nil {
		t.Fatal(err)
	}
	check(t, g, entries)
	return g
}

// check checks what is true of every graph: each loaded object is in one node, In and Out agree, and there are no cycles.
func check(t *testing.T, g *graph.Graph, entries []manifest.Entry) {
	t.Helper()
	var got []int
	for i, node := range g.Nodes {
		if node.ID != i {
			t.Errorf("node %d has the ID %d", i, node.ID)
		}
		for _, object := range node.Objects {
			got = append(got, object.Index)
		}
		for _, to := range node.Out {
			if !slices.Contains(g.Nodes[to].In, i) {
				t.Errorf("%d leads to %d, which does not have it in In", i, to)
			}
		}
		for _, from := range node.In {
			if !slices.Contains(g.Nodes[from].Out, i) {
				t.Errorf("%d comes from %d, which does not have it in Out", i, from)
			}
		}
	}
	slices.Sort(got)
	var want []int
	inSteps := 0
	for _, entry := range manifest.Loaded(entries) {
		want = append(want, entry.Index)
	}
	for _, step := range g.Steps() {
		for _, node := range step {
			inSteps += len(node.Objects)
		}
	}
	if !slices.Equal(got, want) || g.Total != len(want) || inSteps != len(want) {
		t.Errorf("objects %v, total %d, %d in steps, want %v", got, g.Total, inSteps, want)
	}
}

// shape writes a graph as "ID[file file]>out,out" a node, empty nodes as "ID[]".
func shape(g *graph.Graph) string {
	var nodes []string
	for _, node := range g.Nodes {
		var files []string
		for _, object := range node.Objects {
			files = append(files, strings.TrimPrefix(object.File, "0000_"))
		}
		text := fmt.Sprintf("%d[%s]", node.ID, strings.Join(files, " "))
		if len(node.Out) > 0 {
			text += ">" + strings.Trim(strings.ReplaceAll(fmt.Sprint(node.Out), " ", ","), "[]")
		}
		nodes = append(nodes, text)
	}
	return strings.Join(nodes, " ")
}
