package graph_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testmanifest"
	"github.com/release-x/oc-release-x/pkg/payload/graph"
)

// Components skips files without a component.
func TestComponents(t *testing.T) {
	node := build(t, graph.Update, 0, testmanifest.Entries("0000_10_a_1", "x.yaml", "0000_10_b_1", "0000_10_b_2")).Nodes[0]
	if diff := cmp.Diff([]string{"a", "b"}, node.Components()); diff != "" {
		t.Errorf("components (-want +got):\n%s", diff)
	}
}

func TestNodeLevel(t *testing.T) {
	g := build(t, graph.Update, 0, testmanifest.Entries("0000_10_a_1", "0000_20_b_1", "0000_30_c_1", "0000_30_d_1", "0000_30_d_job", "x.yaml"))
	var got []string
	for _, node := range g.Nodes {
		got = append(got, node.Level())
	}
	if diff := cmp.Diff([]string{"30", "", "", "", "30", "30", ""}, got); diff != "" {
		t.Errorf("levels (-want +got):\n%s", diff)
	}
}

// Neighbours skips nodes without objects.
func TestNeighbours(t *testing.T) {
	g := build(t, graph.Update, 0, testmanifest.Entries("0000_10_a_1", "0000_10_b_1", "0000_20_c_1", "0000_20_d_1"))
	if got, want := shape(g), "0[]>1,2 1[10_a_1]>3 2[10_b_1]>3 3[]>4,5 4[20_c_1] 5[20_d_1]"; got != want {
		t.Fatalf("graph %s, want %s", got, want)
	}
	want := graph.Neighbours{
		Before: [][]int{nil, nil, nil, {1, 2}, {1, 2}, {1, 2}},
		After:  [][]int{{1, 2}, {4, 5}, {4, 5}, {4, 5}, nil, nil},
	}
	if diff := cmp.Diff(want, g.Neighbours()); diff != "" {
		t.Errorf("neighbours (-want +got):\n%s", diff)
	}
}
