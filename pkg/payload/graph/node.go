package graph

import (
	"cmp"
	"slices"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Level is the run level of the objects, as in file names; empty if they have several or none.
func (n *Node) Level() string {
	if levels := n.Levels(); len(levels) == 1 {
		return levels[0]
	}
	return ""
}

// Levels returns the run levels of the objects in their order, each once. It is empty for an object without a level.
func (n *Node) Levels() []string {
	return n.distinct(func(object manifest.Entry) string { return object.Level })
}

// Components returns the components of the objects in their order, each once.
func (n *Node) Components() []string {
	components := n.distinct(func(object manifest.Entry) string { return object.Component })
	return slices.DeleteFunc(components, func(component string) bool { return component == "" })
}

// Names returns the components of the objects in their order, each once, and the file names of objects without a component.
func (n *Node) Names() []string {
	return n.distinct(func(object manifest.Entry) string {
		return cmp.Or(object.Component, object.File)
	})
}

// distinct returns the values of the objects in their order, each once.
func (n *Node) distinct(value func(manifest.Entry) string) []string {
	var found []string
	seen := map[string]bool{}
	for _, object := range n.Objects {
		if text := value(object); !seen[text] {
			seen[text] = true
			found = append(found, text)
		}
	}
	return found
}

// NotApplied is the number of objects that are loaded but not applied.
func (n *Node) NotApplied() int {
	count := 0
	for _, object := range n.Objects {
		if object.State != manifest.Included {
			count++
		}
	}
	return count
}

// IsJob reports whether the node is a job, which is a barrier: it waits for everything before it.
func (n *Node) IsJob() bool { return len(n.Objects) == 1 && n.Objects[0].IsJob() }

// Steps sorts the nodes with objects into steps. The operator applies the nodes of a step in parallel when all nodes of the
// steps before are done.
func (g *Graph) Steps() [][]*Node {
	ranks := g.ranks()
	byRank := make(map[int][]*Node)
	for _, node := range g.Nodes {
		if len(node.Objects) > 0 {
			byRank[ranks[node.ID]] = append(byRank[ranks[node.ID]], node)
		}
	}
	var steps [][]*Node
	for rank := range len(g.Nodes) {
		if nodes := byRank[rank]; len(nodes) > 0 {
			steps = append(steps, nodes)
		}
	}
	return steps
}

// ranks returns for each node the length of the longest path to it.
func (g *Graph) ranks() []int {
	ranks := make([]int, len(g.Nodes))
	missing := make([]int, len(g.Nodes))
	var ready []int
	for _, node := range g.Nodes {
		missing[node.ID] = len(node.In)
		if len(node.In) == 0 {
			ready = append(ready, node.ID)
		}
	}
	for len(ready) > 0 {
		node := g.Nodes[ready[0]]
		ready = ready[1:]
		for _, to := range node.Out {
			ranks[to] = max(ranks[to], ranks[node.ID]+1)
			if missing[to]--; missing[to] == 0 {
				ready = append(ready, to)
			}
		}
	}
	return ranks
}

// Neighbours has the nodes with objects before and after each node.
type Neighbours struct {
	Before, After [][]int // sorted IDs, by the ID of the node; several nodes may share a list
}

// Neighbours finds the nodes that each node waits for and those that wait for it. It skips nodes without objects.
func (g *Graph) Neighbours() Neighbours {
	in, out := func(n *Node) []int { return n.In }, func(n *Node) []int { return n.Out }
	before, after := map[int][]int{}, map[int][]int{}
	found := Neighbours{Before: make([][]int, len(g.Nodes)), After: make([][]int, len(g.Nodes))}
	for _, node := range g.Nodes {
		found.Before[node.ID] = g.skipEmpty(node.In, in, before)
		found.After[node.ID] = g.skipEmpty(node.Out, out, after)
	}
	return found
}

// skipEmpty replaces each node without objects in ids by the nodes that next returns for it. cache keeps the result for each
// such node and all nodes share its list: a wide step after another wide step would otherwise cost the product of both.
func (g *Graph) skipEmpty(ids []int, next func(*Node) []int, cache map[int][]int) []int {
	behind := func(id int) []int {
		if _, ok := cache[id]; !ok {
			cache[id] = g.skipEmpty(next(g.Nodes[id]), next, cache)
		}
		return cache[id]
	}
	if len(ids) == 1 && len(g.Nodes[ids[0]].Objects) == 0 {
		return behind(ids[0])
	}
	var found []int
	for _, id := range ids {
		if len(g.Nodes[id].Objects) > 0 {
			found = append(found, id)
		} else {
			found = append(found, behind(id)...)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}
