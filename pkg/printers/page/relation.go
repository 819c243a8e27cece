package page

import (
	"slices"

	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// listed is how many nodes of a whole step are named one by one.
const listed = 6

// through gives the nodes that hold objects behind ids, passing through those that hold none. An empty node is
// looked through once and its list shared, or a wide step behind a wide step would take the product of both.
func (n *network) through(ids []int, next func(*v1alpha1.GraphNode) []int, known map[int][]int) []int {
	if len(ids) == 1 && n.empty(ids[0]) {
		return n.throughEmpty(ids[0], next, known)
	}
	var found []int
	seen := make(map[int]bool, len(ids))
	add := func(id int) {
		if !seen[id] {
			seen[id] = true
			found = append(found, id)
		}
	}
	for _, id := range ids {
		switch {
		case n.nodes[id] == nil:
		case n.empty(id):
			for _, far := range n.throughEmpty(id, next, known) {
				add(far)
			}
		default:
			add(id)
		}
	}
	slices.Sort(found)
	return found
}

func (n *network) throughEmpty(id int, next func(*v1alpha1.GraphNode) []int, known map[int][]int) []int {
	if found, ok := known[id]; ok {
		return found
	}
	known[id] = nil // a circle comes back here
	known[id] = n.through(next(n.nodes[id]), next, known)
	return known[id]
}

// beforeNode are the nodes with objects that n waits for, afterNode those that wait for n.
func (n *network) beforeNode(node *v1alpha1.GraphNode) []int {
	return n.through(node.In, func(g *v1alpha1.GraphNode) []int { return g.In }, n.before)
}

func (n *network) afterNode(node *v1alpha1.GraphNode) []int {
	return n.through(node.Out, func(g *v1alpha1.GraphNode) []int { return g.Out }, n.after)
}

func (n *network) empty(id int) bool {
	return n.nodes[id] != nil && len(n.nodes[id].Objects) == 0
}

// link leads to a node or a step of this page.
type link struct {
	Target string // the id of its element
	Text   string
}

// relation says which nodes another one waits for, or which wait for it.
type relation struct {
	Links []link
	Step  link // the step whose nodes they are, all of them; without a target when there is no such step
}

// relations makes them, and makes each list once: nodes of a step share theirs.
type relations struct {
	network *network
	stepOf  map[int]int // of nodes with objects, from 0
	steps   [][]int
	names   map[int]string
	made    map[*int]relation
}

func newRelations(n *network, steps [][]int) *relations {
	r := &relations{network: n, steps: steps, stepOf: map[int]int{}, names: map[int]string{}, made: map[*int]relation{}}
	for at, ids := range steps {
		for _, id := range ids {
			r.stepOf[id] = at
			r.names[id] = nameOf(n.nodes[id])
		}
	}
	return r
}

func (r *relations) of(ids []int) relation {
	if len(ids) == 0 {
		return relation{}
	}
	if known, ok := r.made[&ids[0]]; ok {
		return known
	}
	var made relation
	at := r.stepOf[ids[0]]
	whole := len(ids) == len(r.steps[at]) && !slices.ContainsFunc(ids, func(id int) bool { return r.stepOf[id] != at })
	if whole {
		made.Step = link{stepID(at), "step " + thousands(at+1)}
	}
	if !whole || len(ids) <= listed {
		for _, id := range ids {
			made.Links = append(made.Links, link{nodeID(id), r.names[id]})
		}
	}
	r.made[&ids[0]] = made
	return made
}
