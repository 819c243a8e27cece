package printers

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testmanifest"
	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

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

// A tree that is narrowed down keeps the numbers of the steps and says which are left out.
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

// The arrows of a narrowed chart pass through boxes that say what is left out, and through points where nothing is.
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
