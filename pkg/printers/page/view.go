package page

import (
	"reflect"
	"slices"
	"strconv"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// view is a graph as the template shows it: all texts are made, nothing is left to work out but escaping.
type view struct {
	Title    string
	Strategy string
	Meaning  string
	Facts    []fact   // about the release
	Figures  []figure // about the graph
	Legend   []legend
	Widest   int // objects in the largest node, the full width of a bar
	Jobs     bool
	Steps    []step
}

type fact struct {
	Name  string
	Value []string // cut where a line may break
}

type figure struct{ Name, Value string }

type legend struct {
	sort
	Count string
}

// step is what may be worked on side by side.
type step struct {
	ID, Number string
	Levels     string
	Work       string // "9 boxes in parallel", "one after the other"
	Count      string
	Objects    int
	Before     relation // what the whole step waits for; nothing when its nodes wait for different ones
	First      bool     // nothing is waited for
	Own        bool     // its nodes wait for different ones
	Nodes      []node
}

func nodeID(id int) string { return "n" + strconv.Itoa(id) }

func stepID(at int) string { return "s" + strconv.Itoa(at+1) }

func newView(g *v1alpha1.ReleaseGraph, settings []Setting) view {
	all := newNetwork(g.Nodes)
	steps := all.steps()
	v := view{
		Title:    "Release " + visible(g.Release.Version),
		Strategy: visible(g.Strategy),
		Meaning:  meaning(g.Strategy, g.Attempt),
		Facts:    facts(g, settings),
	}
	if g.Release.Version == "" {
		v.Title = "Release graph"
	}
	relations := newRelations(all, steps)
	total, components := newTally(nil), map[string]bool{}
	widest, jobs, notApplied := 0, 0, 0
	for at, ids := range steps {
		step := newStep(g.Strategy, at, ids, all, relations)
		widest = max(widest, len(ids))
		for _, id := range ids {
			objects := all.nodes[id].Objects
			v.Widest = max(v.Widest, len(objects))
			for _, o := range objects {
				total.add(o)
				if o.Component != "" {
					components[o.Component] = true
				}
			}
			notApplied += countNotApplied(objects)
		}
		for _, node := range step.Nodes {
			if node.Job {
				jobs++
			}
		}
		v.Steps = append(v.Steps, step)
	}
	v.Jobs = jobs > 0
	v.Legend = total.legend()
	v.Figures = []figure{
		{"Steps", thousands(len(steps))},
		{"Components", thousands(len(components))},
		{"Objects", thousands(total.count())},
		{"Boxes in the widest step", thousands(widest)},
		{"Jobs", thousands(jobs)},
	}
	if notApplied > 0 {
		v.Figures = append(v.Figures, figure{"Not applied", thousands(notApplied)})
	}
	return v
}

func facts(g *v1alpha1.ReleaseGraph, settings []Setting) []fact {
	reference := g.Release.Reference
	if reference == g.Release.Image {
		reference = ""
	}
	figures := []figure{
		{"Image", g.Release.Image},
		{"Digest", g.Release.Digest},
		{"Of the list", g.Release.ListDigest},
		{"Read from", reference},
		{"Architecture", g.Release.Architecture},
		{"Strategy", g.Strategy},
	}
	for _, setting := range settings {
		figures = append(figures, figure(setting))
	}
	var all []fact
	for _, f := range figures {
		if f.Value != "" {
			all = append(all, fact{f.Name, cut(visible(f.Value), "@")})
		}
	}
	return all
}

func newStep(strategy string, at int, ids []int, all *network, relations *relations) step {
	s := step{ID: stepID(at), Number: thousands(at + 1), Work: "one after the other"}
	var objects []v1alpha1.GraphObject
	for _, id := range ids {
		objects = append(objects, all.nodes[id].Objects...)
		s.Nodes = append(s.Nodes, newNode(all.nodes[id], relations))
	}
	s.Objects = len(objects)
	levels := levelsOf(objects)
	s.Levels = visible(levelNames(levels))
	s.Count = count(s.Objects, "object")
	switch most := graph.Strategy(strategy).Workers(); {
	case len(ids) > 1 && most > 0 && len(ids) > most:
		s.Work = thousands(len(ids)) + " boxes, " + thousands(most) + " at a time"
	case len(ids) > 1:
		s.Work = thousands(len(ids)) + " boxes in parallel"
	case s.Objects == 1:
		s.Work = ""
	}
	for i := range s.Nodes {
		// What the step's heading says is not said again in its boxes.
		if len(levels) == 1 || len(ids) == 1 {
			s.Nodes[i].Levels = ""
		}
	}
	s.Own = slices.ContainsFunc(s.Nodes, func(n node) bool { return !reflect.DeepEqual(n.Before, s.Nodes[0].Before) })
	if !s.Own {
		s.Before = s.Nodes[0].Before
		s.First = len(s.Before.Links) == 0 && s.Before.Step.Target == ""
	}
	return s
}
