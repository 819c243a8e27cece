package graph

import (
	"fmt"
	"slices"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Graph is the order of work. A node begins when all nodes that lead to it are done.
type Graph struct {
	Nodes []*Node
	Total int // objects in all nodes

	Strategy Strategy
	Attempt  int // of Reconcile
	Workers  int // how many nodes are worked on at a time, 0 for all that may be
}

// Node is a row of objects that are worked on one after the other. It may hold none: then it only joins others.
type Node struct {
	ID      int // its place in Graph.Nodes
	Objects []manifest.Entry
	In, Out []int // IDs of the nodes before and behind it
	Hidden  int   // how many of its objects a Part leaves out
}

// New builds the graph of a payload's loaded entries; those that are not loaded are left out. attempt is how often the
// operator has tried before, and matters to Reconcile alone. Negative attempts count as 0.
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

// splitOnJobs gives every job a node of its own, between what stands before it and what stands behind it. The job
// keeps the place of the node it was in; new nodes are looked at in their turn.
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

// add appends a node and gives its place.
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
