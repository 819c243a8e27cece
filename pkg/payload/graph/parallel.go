package graph

import "github.com/release-x/oc-release-x/pkg/payload/manifest"

// divide cuts the objects of a node into steps that follow each other, each of chunks that go side by side. No steps,
// or one step of one chunk, means that the node stays as it is.
type divide func(objects []manifest.Entry) [][]chunk

// chunk is a row of objects.
type chunk []manifest.Entry

// parallelize puts the steps of every node in its place: the node becomes an empty beginning, and where something
// follows it an empty end is added. Between two steps of many chunks stands an empty node, so that not each has to be
// joined with each.
func (g *Graph) parallelize(by divide) {
	for i, count := 0, len(g.Nodes); i < count; i++ {
		node := g.Nodes[i]
		steps := by(node.Objects)
		if len(steps) == 0 || len(steps) == 1 && len(steps[0]) == 1 {
			continue
		}
		after := node.Out
		node.Objects, node.Out = nil, nil
		ends := []int{i}
		for _, step := range steps {
			if len(ends) > 1 && len(step) > 1 {
				ends = g.follow(ends, []chunk{nil})
			}
			ends = g.follow(ends, step)
		}
		if len(after) > 0 {
			g.close(i, ends, after)
		}
	}
}

// follow adds a node for every chunk behind all nodes of before, and gives their places.
func (g *Graph) follow(before []int, chunks []chunk) []int {
	added := make([]int, 0, len(chunks))
	for _, objects := range chunks {
		added = append(added, g.add(&Node{Objects: objects, In: append([]int(nil), before...)}))
	}
	for _, id := range before {
		g.Nodes[id].Out = append(g.Nodes[id].Out, added...)
	}
	return added
}

// close adds an empty node between the last nodes of what was node i and those that follow it.
func (g *Graph) close(i int, ends, after []int) {
	end := g.add(&Node{In: ends, Out: after})
	for _, id := range after {
		replace(g.Nodes[id].In, i, end)
	}
	for _, id := range ends {
		g.Nodes[id].Out = []int{end}
	}
}
