package graph

import (
	"slices"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Level is the run level that all objects of the node share, as file names write it; empty when they have several,
// or none.
func (n *Node) Level() string {
	if levels := n.Levels(); len(levels) == 1 {
		return levels[0]
	}
	return ""
}

// Levels are the run levels of the objects in their order, each once. An object whose file name has none counts as an
// empty one.
func (n *Node) Levels() []string {
	return n.each(func(object manifest.Entry) string { return object.Level })
}

// Components are the components of the objects in their order, each once. An object whose file name has none has none.
func (n *Node) Components() []string {
	components := n.each(func(object manifest.Entry) string { return object.Component })
	return slices.DeleteFunc(components, func(component string) bool { return component == "" })
}

// Names are what the objects belong to, in their order and each once: components, and files that have none.
func (n *Node) Names() []string {
	return n.each(func(object manifest.Entry) string {
		if object.Component == "" {
			return object.File
		}
		return object.Component
	})
}

// each is something of the objects in their order, once.
func (n *Node) each(of func(manifest.Entry) string) []string {
	var found []string
	seen := map[string]bool{}
	for _, object := range n.Objects {
		if text := of(object); !seen[text] {
			seen[text] = true
			found = append(found, text)
		}
	}
	return found
}

// NotApplied is how many of the objects are loaded and not applied.
func (n *Node) NotApplied() int {
	count := 0
	for _, object := range n.Objects {
		if object.State != manifest.Included {
			count++
		}
	}
	return count
}

// IsJob says whether the node is a barrier: one job that everything before it leads to.
func (n *Node) IsJob() bool { return len(n.Objects) == 1 && n.Objects[0].IsJob() }

// Steps are the nodes that hold objects, in steps: all nodes of a step may be worked on side by side, when those of
// the steps before are done.
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

// ranks is for each node the length of the longest way to it.
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
