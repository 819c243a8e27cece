package graphpage_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/graphpage"
)

// narrowed is a page with the objects of these components alone.
func narrowed(t *testing.T, entries []manifest.Entry, components ...string) graphpage.Page {
	t.Helper()
	page := document(t, graph.Update, entries)
	page.Graph = page.Graph.Graph.Narrow(func(e manifest.Entry) bool { return slices.Contains(components, e.Component) })
	return page
}

// A page of a part of the graph keeps numbers, links to what is shown, and names what is not.
func TestNarrowPage(t *testing.T) {
	entries := loaded("0000_10_a_1", "0000_10_b_1", "0000_20_c_1", "0000_20_d_1", "0000_20_d_2", "0000_30_e_1", "0000_30_f_1", "0000_40_a_1", "0000_40_b_1")
	for name, test := range map[string]struct {
		components []string
		steps      string
		gaps       []string
	}{
		"a gap between": {[]string{"a", "d"}, `
Step 1: Level 10: 1 of 2 side by side · 1 of 2 objects · begins at once
  n1 a 1 object 1 ConfigMap
    waits for nothing, then d (step 2)
    1 | ConfigMap | space | object-1 | v1 | 0000_10_a_1
Step 2: Level 20: 1 of 2 side by side · 2 of 3 objects · waits for step 1
  n5 d 2 objects 2 ConfigMap
    waits for a (step 1), then a (step 4)
    4 | ConfigMap | space | object-4 | v1 | 0000_20_d_1
    5 | ConfigMap | space | object-5 | v1 | 0000_20_d_2
Step 4: Level 40: 1 of 2 side by side · 1 of 2 objects · waits for step 2
  n10 a 1 object 1 ConfigMap
    waits for d (step 2), then nothing
    8 | ConfigMap | space | object-8 | v1 | 0000_40_a_1
`, []string{"Step 3 is not shown: 2 objects."}},
		"gaps around": {[]string{"e"}, `
Step 3: Level 30: 1 of 2 side by side · 1 of 2 objects · waits for steps 1 to 2, which are not shown
  n7 e 1 object 1 ConfigMap
    waits for steps 1 to 2, which are not shown, then step 4, which is not shown
    6 | ConfigMap | space | object-6 | v1 | 0000_30_e_1
`, []string{"Steps 1 to 2 are not shown: 5 objects.", "Step 4 is not shown: 2 objects."}},
		"nothing": {nil, "\n", []string{"Steps 1 to 4 are not shown: 9 objects."}},
	} {
		t.Run(name, func(t *testing.T) {
			root := parse(t, write(t, narrowed(t, entries, test.components...)))
			if diff := cmp.Diff(strings.TrimPrefix(test.steps, "\n"), outline(root)); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.gaps, texts(find(root, "p", "gap"))); diff != "" {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
			if test.components == nil {
				if got := text(find(root, "p", "nothing")[0]); got != "Nothing that the operator loads is of these levels and components." {
					t.Errorf("no steps: %q", got)
				}
			}
		})
	}
}

// A box shows how many of its objects are not shown.
func TestNarrowBox(t *testing.T) {
	root := parse(t, write(t, narrowed(t, loaded("0000_10_a_1", "0000_20_b_1"), "b")))
	if got := text(find(root, "details", "box")[0]); !strings.HasPrefix(got, "b 1 object 1 ConfigMap · 1 not shown") {
		t.Errorf("box: %q", got)
	}
	if got := text(find(root, "p", "figures")[0]); got != "update1 of 1 step1 component1 of 2 objects" {
		t.Errorf("figures: %q", got)
	}
}

// The neighbours by steps are the same as by the edges of the graph.
func TestNarrowNeighbours(t *testing.T) {
	p := narrowed(t, loaded("0000_10_a_1", "0000_10_b_1", "0000_20_c_1", "0000_20_d_1"), "a", "b", "c", "d")
	if diff := cmp.Diff(p.Graph.Graph.Neighbours(), withoutEmpty(p.Graph), cmp.Comparer(slices.Equal[[]int])); diff != "" {
		t.Errorf("neighbours of all that is shown (-whole +narrowed):\n%s", diff)
	}
}

// withoutEmpty are the neighbours of a part, with those of nodes that hold no objects as the whole graph has them.
func withoutEmpty(p graph.Part) graph.Neighbours {
	found, whole := p.Neighbours(), p.Graph.Neighbours()
	for _, node := range p.Graph.Nodes {
		if len(node.Objects) == 0 {
			found.Before[node.ID], found.After[node.ID] = whole.Before[node.ID], whole.After[node.ID]
		}
	}
	return found
}
