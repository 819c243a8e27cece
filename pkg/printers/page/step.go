package page

import "github.com/release-x/oc-release-x/pkg/printers/v1alpha1"

// network is the graph of a document with its nodes found by ID. A document may come from anywhere: IDs that are not
// there are passed over, and circles do not hang.
type network struct {
	nodes map[int]*v1alpha1.GraphNode
	order []int // IDs as the document lists them

	before, after map[int][]int // of empty nodes, once they are known: see through
}

func newNetwork(nodes []v1alpha1.GraphNode) *network {
	n := &network{nodes: make(map[int]*v1alpha1.GraphNode, len(nodes)), before: map[int][]int{}, after: map[int][]int{}}
	for i := range nodes {
		node := &nodes[i]
		if n.nodes[node.ID] == nil {
			n.nodes[node.ID] = node
			n.order = append(n.order, node.ID)
		}
	}
	return n
}

// steps are the IDs of the nodes that hold objects, in steps: those of a step may be worked on side by side, when the
// steps before are done. They are the steps of graph.Graph.
func (n *network) steps() [][]int {
	ranks := n.ranks()
	byRank := make([][]int, len(n.order)+1)
	for _, id := range n.order {
		if len(n.nodes[id].Objects) > 0 {
			byRank[ranks[id]] = append(byRank[ranks[id]], id)
		}
	}
	var steps [][]int
	for _, ids := range byRank {
		if len(ids) > 0 {
			steps = append(steps, ids)
		}
	}
	return steps
}

// ranks is for each node the length of the longest way to it.
func (n *network) ranks() map[int]int {
	ranks, missing := make(map[int]int, len(n.order)), make(map[int]int, len(n.order))
	for _, id := range n.order {
		for _, to := range n.nodes[id].Out {
			missing[to]++
		}
	}
	var ready []int
	for _, id := range n.order {
		if missing[id] == 0 {
			ready = append(ready, id)
		}
	}
	for ; len(ready) > 0; ready = ready[1:] {
		id := ready[0]
		for _, to := range n.nodes[id].Out {
			if n.nodes[to] == nil {
				continue
			}
			ranks[to] = max(ranks[to], ranks[id]+1)
			if missing[to]--; missing[to] == 0 {
				ready = append(ready, to)
			}
		}
	}
	return ranks
}
