package graph

import "slices"

// Neighbours are the nodes with objects before and behind each node.
type Neighbours struct {
	Before, After [][]int // IDs in ascending order, by the ID of the node; nodes with the same ones may share a list
}

// Neighbours finds for each node those that it waits for and those that wait for it, and passes through nodes that hold
// no objects.
func (g *Graph) Neighbours() Neighbours {
	in, out := func(n *Node) []int { return n.In }, func(n *Node) []int { return n.Out }
	before, after := map[int][]int{}, map[int][]int{}
	found := Neighbours{Before: make([][]int, len(g.Nodes)), After: make([][]int, len(g.Nodes))}
	for _, node := range g.Nodes {
		found.Before[node.ID] = g.through(node.In, in, before)
		found.After[node.ID] = g.through(node.Out, out, after)
	}
	return found
}

// through gives the nodes that hold objects among ids, and in place of each other node those that next leads to. What
// is behind an empty node is found once and its list shared: a wide step behind a wide step would otherwise take the
// product of both.
func (g *Graph) through(ids []int, next func(*Node) []int, known map[int][]int) []int {
	behind := func(id int) []int {
		if _, ok := known[id]; !ok {
			known[id] = g.through(next(g.Nodes[id]), next, known)
		}
		return known[id]
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
