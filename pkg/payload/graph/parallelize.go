package graph

import (
	"math/rand"
	"slices"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// divide splits the objects of a node into steps that follow each other, and each step into chunks that run in parallel. The
// node does not change if there are no steps or only one chunk.
type divide func(objects []manifest.Entry) [][]chunk

// chunk is a list of objects that the operator applies one after the other.
type chunk []manifest.Entry

// parallelize replaces every node by its steps. The node itself becomes empty and begins them; if other nodes follow, an empty
// node ends them. An empty node between two steps of several chunks saves an edge for each pair.
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

// follow adds a node for every chunk after all nodes of before and returns their indices.
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

// close adds an empty node between the last nodes of what was node i and the nodes that follow it.
func (g *Graph) close(i int, ends, after []int) {
	end := g.add(&Node{In: ends, Out: after})
	for _, id := range after {
		replace(g.Nodes[id].In, i, end)
	}
	for _, id := range ends {
		g.Nodes[id].Out = []int{end}
	}
}

// Strategy is the task of the operator, which decides what it applies in parallel.
type Strategy string

// The strategies.
const (
	Update    Strategy = "update"    // from one release to another: level by level, components in parallel
	Install   Strategy = "install"   // a new cluster: all components in parallel
	Reconcile Strategy = "reconcile" // repeated: like Install, each time in another order
)

// Workers is how many nodes the operator works on at a time, 0 for no limit (cluster-version-operator,
// pkg/cvo/sync_worker.go).
func (s Strategy) Workers() int {
	switch s {
	case Update:
		return 16
	case Reconcile:
		return 2
	}
	return 0
}

// run is a sequence of objects with the same level.
type run struct {
	chunks []chunk // a new one begins where the component changes
}

// runs splits objects into runs. An object without a level is a run of its own. Nothing is sorted: objects of the same level
// that do not follow each other in the payload are different runs.
func runs(objects []manifest.Entry) []run {
	var found []run
	for at := 0; at < len(objects); {
		first := objects[at]
		begin, next := at, at+1
		var current run
		for next < len(objects) && first.Level != "" && objects[next].Level == first.Level {
			if objects[next].Component != objects[next-1].Component {
				current.chunks = append(current.chunks, chunk(objects[begin:next:next]))
				begin = next
			}
			next++
		}
		current.chunks = append(current.chunks, chunk(objects[begin:next:next]))
		found = append(found, current)
		at = next
	}
	return found
}

// byLevel makes a step of every level with several components. All objects between two such levels are one chunk.
func byLevel(objects []manifest.Entry) [][]chunk {
	if len(objects) <= 1 {
		return nil
	}
	var steps [][]chunk
	serial := false // whether the last step is one chunk, which may grow
	for _, run := range runs(objects) {
		switch {
		case len(run.chunks) > 1:
			steps = append(steps, run.chunks)
			serial = false
		case serial:
			last := steps[len(steps)-1]
			last[0] = append(last[0], run.chunks[0]...)
		default:
			steps = append(steps, run.chunks)
			serial = true
		}
	}
	return steps
}

// flat makes one step of the chunks of all runs.
func flat(objects []manifest.Entry) [][]chunk {
	if len(objects) <= 1 {
		return nil
	}
	var all []chunk
	for _, run := range runs(objects) {
		all = append(all, run.chunks...)
	}
	return [][]chunk{all}
}

// stride is the number of attempts after which the operator shuffles again. In between it rotates the order.
const stride = 8

// shuffled is flat in another order for each attempt. It uses the generator and the seed of the operator, and one generator for
// all nodes.
func shuffled(attempt int) divide {
	generator := rand.New(rand.NewSource(int64(attempt / stride)))
	return func(objects []manifest.Entry) [][]chunk {
		steps := flat(objects)
		for _, step := range steps {
			generator.Shuffle(len(step), func(i, j int) { step[i], step[j] = step[j], step[i] })
			rotate(step, attempt%stride)
		}
		return steps
	}
}

// rotate moves the first chunks to the end, in multiples of an eighth, or of one chunk if there are fewer than eight.
func rotate(step []chunk, count int) {
	shift := count * len(step) / stride
	if len(step) < stride {
		shift = count % len(step)
	}
	copy(step, slices.Concat(step[shift:], step[:shift]))
}
