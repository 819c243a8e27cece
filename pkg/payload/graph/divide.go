package graph

import (
	"math/rand"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Strategy is what the operator is about, which decides how much goes side by side.
type Strategy string

// The strategies.
const (
	Update    Strategy = "update"    // from one release to another: level by level, components side by side
	Install   Strategy = "install"   // a new cluster: all components side by side
	Reconcile Strategy = "reconcile" // again and again: as Install, in another order each time
)

// Workers is how many nodes the operator works on at a time, 0 for all that may be (cluster-version-operator,
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

// run is a stretch of objects that belong together, by their file names.
type run struct {
	chunks []chunk // one for each component that follows another one
	named  bool    // the names have a level
}

// runs cuts objects into stretches: files that follow each other with one level make a run, with a chunk for every
// change of the component. A name without a level is a run of its own, as is each file beside it. Nothing is sorted:
// what is not side by side in the payload stays apart.
func runs(objects []manifest.Entry) []run {
	var found []run
	for at := 0; at < len(objects); {
		first := objects[at]
		begin, next := at, at+1
		current := run{named: first.Level != ""}
		for next < len(objects) && current.named && objects[next].Level == first.Level {
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

// byLevel makes a step of every level with several components. What lies between two such levels is one chunk.
func byLevel(objects []manifest.Entry) [][]chunk {
	if len(objects) <= 1 {
		return nil
	}
	var steps [][]chunk
	serial := false // the last step may grow
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

// flat makes one step of all chunks.
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

// stride is after how many attempts the operator shuffles anew; between them it turns the order further.
const stride = 8

// shuffled is flat in another order for each attempt. The generator and its seed are the operator's, and one generator
// serves all nodes.
func shuffled(attempt int) divide {
	generator := rand.New(rand.NewSource(int64(attempt / stride)))
	return func(objects []manifest.Entry) [][]chunk {
		steps := flat(objects)
		for _, step := range steps {
			generator.Shuffle(len(step), func(i, j int) { step[i], step[j] = step[j], step[i] })
			turn(step, attempt%stride)
		}
		return steps
	}
}

// turn moves the first chunks to the end: in steps of an eighth, or of one where there are fewer than eight.
func turn(step []chunk, count int) {
	shift := count * len(step) / stride
	if len(step) < stride {
		shift = count % len(step)
	}
	turned := append(append([]chunk(nil), step[shift:]...), step[:shift]...)
	copy(step, turned)
}
