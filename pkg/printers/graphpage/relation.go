package graphpage

import (
	"slices"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
)

// listed is how many nodes of a whole step are named one by one.
const listed = 6

// link leads to a node or a step of this page.
type link struct {
	Target string // the id of its element
	Text   string
}

// relation says which nodes another one waits for, or which wait for it.
type relation struct {
	Links []link
	Step  link // the step whose nodes they are, all of them; without a target when there is no such step

	Hidden string // the steps that are waited for, or that wait, when none of them is shown
}

// relations makes them, and makes each list once: nodes of a step share theirs.
type relations struct {
	steps  []graph.Step
	stepOf map[int]int // of nodes with objects, from 0
	names  map[int]string
	made   map[*int]relation
}

func newRelations(steps []graph.Step) *relations {
	r := &relations{steps: steps, stepOf: map[int]int{}, names: map[int]string{}, made: map[*int]relation{}}
	for at, step := range steps {
		for _, node := range step.Nodes {
			r.stepOf[node.ID] = at
			r.names[node.ID] = nameOf(node)
		}
	}
	return r
}

func (r *relations) of(ids []int) relation {
	if len(ids) == 0 {
		return relation{}
	}
	if known, ok := r.made[&ids[0]]; ok {
		return known
	}
	var made relation
	at := r.stepOf[ids[0]]
	whole := len(ids) == len(r.steps[at].Nodes) && !slices.ContainsFunc(ids, func(id int) bool { return r.stepOf[id] != at })
	if whole {
		made.Step = link{stepID(r.steps[at]), "step " + thousands(r.steps[at].Number)}
	}
	if !whole || len(ids) <= listed {
		for _, id := range ids {
			made.Links = append(made.Links, link{nodeID(id), r.names[id]})
		}
	}
	r.made[&ids[0]] = made
	return made
}

// or gives a relation to what is not shown in place of an empty one.
func (r relation) or(hidden string) relation {
	if len(r.Links) == 0 && r.Step.Target == "" {
		r.Hidden = hidden
	}
	return r
}
