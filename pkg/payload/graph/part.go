package graph

import (
	"slices"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Part is a graph or a part of it. Steps, nodes and objects keep their numbers.
type Part struct {
	Graph    *Graph // the complete graph
	Steps    []Step // only steps with nodes to show
	Narrowed bool   // whether Narrow made the part
	Count    int    // number of steps of the complete graph
}

// Step is a list of nodes that the operator applies in parallel when the step before it is done.
type Step struct {
	Number  int     // from 1
	Nodes   []*Node // nodes with objects to show, with these objects only
	Width   int     // number of all nodes of the step
	Hidden  int     // number of objects that are not shown
	Reasons []string
	Before  Gap // the steps before it that are not shown
}

// Gap is a range of steps that are not shown.
type Gap struct {
	First, Last int // numbers of the steps; 0 if there are none
	Objects     int
}

// IsEmpty reports whether the gap has no steps.
func (g Gap) IsEmpty() bool { return g.First == 0 }

// All returns the complete graph.
func (g *Graph) All() Part { return g.part(func(manifest.Entry) bool { return true }) }

// Narrow returns the objects for which keep is true, without nodes and steps that have no such object.
func (g *Graph) Narrow(keep func(manifest.Entry) bool) Part {
	p := g.part(keep)
	p.Narrowed = true
	return p
}

func (g *Graph) part(keep func(manifest.Entry) bool) Part {
	steps, reasons := g.Steps(), g.Reasons()
	p := Part{Graph: g, Count: len(steps)}
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

// keep returns a copy of the node with the objects for which keep is true.
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

// After returns the steps after the last one that is shown.
func (p Part) After() Gap {
	last, hidden := 0, p.Graph.Total-p.Objects()
	for _, step := range p.Steps {
		last = step.Number
		hidden -= step.Hidden + step.Before.Objects
	}
	if last == p.Count {
		return Gap{}
	}
	return Gap{First: last + 1, Last: p.Count, Objects: hidden}
}

// Objects is the number of objects that are shown.
func (p Part) Objects() int {
	count := 0
	for _, step := range p.Steps {
		for _, node := range step.Nodes {
			count += len(node.Objects)
		}
	}
	return count
}

// Neighbours finds the shown nodes that each shown node waits for, and those that wait for it. In a narrowed part every node
// waits for all nodes of the last step that is shown before it.
func (p Part) Neighbours() Neighbours {
	if !p.Narrowed {
		return p.Graph.Neighbours()
	}
	found := Neighbours{Before: make([][]int, len(p.Graph.Nodes)), After: make([][]int, len(p.Graph.Nodes))}
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

// ids returns the IDs of the nodes, sorted.
func (s Step) ids() []int {
	ids := make([]int, len(s.Nodes))
	for i, node := range s.Nodes {
		ids[i] = node.ID
	}
	slices.Sort(ids)
	return ids
}
