package graph

import (
	"slices"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Part is what is shown of a graph: all of it, or the objects that Narrow keeps. Steps, nodes and objects have the
// numbers that they have in the whole graph.
type Part struct {
	Whole    *Graph
	Steps    []Step // with at least one node each
	Narrowed bool
	Count    int // steps of the whole graph
}

// Step is what may be worked on side by side, when the step before it is done.
type Step struct {
	Number  int     // from 1
	Nodes   []*Node // those with objects to show, and these objects alone
	Width   int     // all nodes of the step, shown or not
	Hidden  int     // objects that are not shown
	Reasons []string
	Before  Gap // the steps that are left out before it
}

// Gap is a row of steps that are left out.
type Gap struct {
	First, Last int // numbers; 0 for no step
	Objects     int
}

// IsEmpty says that no step is left out.
func (g Gap) IsEmpty() bool { return g.First == 0 }

// All is the whole graph.
func (g *Graph) All() Part { return g.part(func(manifest.Entry) bool { return true }) }

// Narrow shows the objects that keep is true of. Nodes and steps without such an object are left out.
func (g *Graph) Narrow(keep func(manifest.Entry) bool) Part {
	p := g.part(keep)
	p.Narrowed = true
	return p
}

func (g *Graph) part(keep func(manifest.Entry) bool) Part {
	steps, reasons := g.Steps(), g.Reasons()
	p := Part{Whole: g, Count: len(steps)}
	var gap Gap
	for i, nodes := range steps {
		step := Step{Number: i + 1, Width: len(nodes), Reasons: reasons[i]}
		for _, node := range nodes {
			shown := node.keep(keep)
			step.Hidden += len(node.Objects) - len(shown.Objects)
			if len(shown.Objects) > 0 {
				step.Nodes = append(step.Nodes, shown)
			}
		}
		if len(step.Nodes) == 0 {
			gap = gap.add(step)
			continue
		}
		step.Before, gap = gap, Gap{}
		p.Steps = append(p.Steps, step)
	}
	return p
}

// keep is the node with some of its objects.
func (n *Node) keep(keep func(manifest.Entry) bool) *Node {
	shown := *n
	shown.Objects = slices.DeleteFunc(slices.Clone(n.Objects), func(e manifest.Entry) bool { return !keep(e) })
	shown.Hidden = len(n.Objects) - len(shown.Objects)
	return &shown
}

func (g Gap) add(step Step) Gap {
	if g.First == 0 {
		g.First = step.Number
	}
	g.Last = step.Number
	g.Objects += step.Hidden
	return g
}

// After are the steps that are left out behind the last one that is shown.
func (p Part) After() Gap {
	last, hidden := 0, p.Whole.Total-p.Objects()
	for _, step := range p.Steps {
		last = step.Number
		hidden -= step.Hidden + step.Before.Objects
	}
	if last == p.Count {
		return Gap{}
	}
	return Gap{First: last + 1, Last: p.Count, Objects: hidden}
}

// Objects is how many objects are shown.
func (p Part) Objects() int {
	count := 0
	for _, step := range p.Steps {
		for _, node := range step.Nodes {
			count += len(node.Objects)
		}
	}
	return count
}

// Neighbours finds for each node that is shown those that are shown of what it waits for and of what waits for it. What
// is left out between them is passed over: every node waits for all nodes of the step before.
func (p Part) Neighbours() Neighbours {
	if !p.Narrowed {
		return p.Whole.Neighbours()
	}
	found := Neighbours{Before: make([][]int, len(p.Whole.Nodes)), After: make([][]int, len(p.Whole.Nodes))}
	for i := 1; i < len(p.Steps); i++ {
		before, after := p.Steps[i-1].ids(), p.Steps[i].ids()
		for _, id := range after {
			found.Before[id] = before
		}
		for _, id := range before {
			found.After[id] = after
		}
	}
	return found
}

// ids are the IDs of the nodes that are shown, in ascending order.
func (s Step) ids() []int {
	ids := make([]int, len(s.Nodes))
	for i, node := range s.Nodes {
		ids[i] = node.ID
	}
	slices.Sort(ids)
	return ids
}
