// Package graph builds the task graph of the cluster version operator: which objects of a payload wait for which, and which the
// operator applies in parallel (cluster-version-operator, pkg/payload/task_graph.go).
//
// [New] makes a [Graph] of the loaded entries of a payload. [Graph.Steps] sorts its nodes into steps, [Graph.Neighbours] finds
// what each node waits for, and [Graph.Reasons] explains steps.
package graph

import (
	"fmt"
	"slices"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Graph is the order in which the operator applies objects. A node begins when all nodes in its In are done.
type Graph struct {
	Nodes []*Node
	Total int // objects in all nodes

	Strategy Strategy
	Attempt  int // only for Reconcile
	Workers  int // how many nodes the operator works on at a time, 0 for no limit
}

// Node is a list of objects that the operator applies one after the other. A node without objects only joins other nodes.
type Node struct {
	ID      int // its index in Graph.Nodes
	Objects []manifest.Entry
	In, Out []int // IDs of the nodes before and after it
	Hidden  int   // how many of its objects a Part does not show
}

// New builds the graph of the loaded entries of a payload. attempt is the number of earlier attempts of the operator; only
// Reconcile uses it, and negative attempts count as 0. The error is an unknown strategy.
func New(entries []manifest.Entry, strategy Strategy, attempt int) (*Graph, error) {
	loaded := manifest.Loaded(entries)
	g := &Graph{Total: len(loaded), Strategy: strategy, Workers: strategy.Workers(), Nodes: []*Node{{Objects: loaded}}}
	g.splitOnJobs()
	switch strategy {
	case Update:
		g.parallelize(byLevel)
	case Install:
		g.parallelize(flat)
	case Reconcile:
		g.Attempt = max(0, attempt)
		g.parallelize(shuffled(g.Attempt))
	default:
		return nil, fmt.Errorf("unknown strategy %q", strategy)
	}
	for i, node := range g.Nodes {
		node.ID = i
	}
	return g, nil
}

// splitOnJobs gives every job a node of its own, between the objects before it and those after it. The job keeps the index of
// its node. The loop also visits the new nodes.
func (g *Graph) splitOnJobs() {
	for i := 0; i < len(g.Nodes); i++ {
		node := g.Nodes[i]
		at := slices.IndexFunc(node.Objects, func(e manifest.Entry) bool { return e.IsJob() })
		if at < 0 || len(node.Objects) == 1 {
			continue
		}
		objects := node.Objects
		node.Objects = objects[at : at+1]
		if at > 0 {
			left := g.add(&Node{Objects: objects[:at], In: node.In, Out: []int{i}})
			for _, from := range node.In {
				replace(g.Nodes[from].Out, i, left)
			}
			node.In = []int{left}
		}
		if at+1 < len(objects) {
			right := g.add(&Node{Objects: objects[at+1:], In: []int{i}, Out: node.Out})
			for _, to := range node.Out {
				replace(g.Nodes[to].In, i, right)
			}
			node.Out = []int{right}
		}
	}
}

// add appends a node and returns its index.
func (g *Graph) add(node *Node) int {
	g.Nodes = append(g.Nodes, node)
	return len(g.Nodes) - 1
}

func replace(ids []int, old, with int) {
	for i, id := range ids {
		if id == old {
			ids[i] = with
		}
	}
}
