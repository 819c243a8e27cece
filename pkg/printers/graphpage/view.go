package graphpage

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/safe"
)

// view is a graph as the template shows it. All texts are ready except for escaping.
type view struct {
	Title    string
	Strategy string
	Meaning  string
	Facts    []fact   // about the release
	Figures  []figure // about the graph
	Legend   []legend
	Widest   int // number of objects in the largest node, for the width of bars
	Jobs     bool
	Steps    []step
	After    string // the steps after the last one that are not shown
	Nothing  string // why there are no steps
}

type fact struct {
	Name  string
	Value []string // in parts between which a line may break
}

type figure struct{ Value, Name string }

type legend struct {
	category
	Count string
}

// step has the nodes that run in parallel.
type step struct {
	ID, Number string
	Levels     string
	Work       string // "9 components side by side", "one after the other"
	Count      string
	Objects    int
	Reasons    []string
	Before     relation // what the step waits for; empty if its nodes wait for different ones
	First      bool     // it waits for nothing
	Own        bool     // its nodes wait for different nodes
	Nodes      []node
	Width      int    // number of nodes, also those that are not shown
	Gap        string // the steps before it that are not shown
}

func nodeID(id int) string { return "n" + strconv.Itoa(id) }

func stepID(s graph.Step) string { return "s" + strconv.Itoa(s.Number) }

func newView(p Page) view {
	g, steps := p.Graph.Graph, p.Graph.Steps
	v := view{
		Title:    "Release " + safe.Line(p.Release.Version),
		Strategy: safe.Line(string(g.Strategy)),
		Meaning:  meaning(g),
		Facts:    facts(p),
	}
	if p.Release.Version == "" {
		v.Title = "Release graph"
	}
	relations, neighbours := newRelations(steps), p.Graph.Neighbours()
	total, components := newTally(nil), map[string]bool{}
	jobs, notApplied := 0, 0
	for at, step := range steps {
		v.Steps = append(v.Steps, newStep(p.Graph, at, neighbours, relations))
		for _, node := range step.Nodes {
			v.Widest = max(v.Widest, len(node.Objects))
			for _, o := range node.Objects {
				total.add(o)
			}
			for _, component := range node.Components() {
				components[component] = true
			}
			notApplied += node.NotApplied()
			if node.IsJob() {
				jobs++
			}
		}
	}
	v.Jobs = jobs > 0
	v.Legend = total.legend()
	v.Figures = figures(p.Graph, len(components), jobs, notApplied)
	v.After = gapText(p.Graph.After())
	v.Nothing = "With these settings the operator loads no object of this release."
	if p.Graph.Narrowed {
		v.Nothing = "Nothing that the operator loads is of these levels and components."
	}
	return v
}

// gapText names the steps that are not shown; "" if there is none.
func gapText(gap graph.Gap) string {
	switch {
	case gap.IsEmpty():
		return ""
	case gap.First == gap.Last:
		return "Step " + thousands(gap.First) + " is not shown: " + count(gap.Objects, "object") + "."
	}
	return "Steps " + thousands(gap.First) + " to " + thousands(gap.Last) + " are not shown: " + count(gap.Objects, "object") + "."
}

// hiddenSteps names the steps that are not shown, instead of links to them; "" if there is none.
func hiddenSteps(gap graph.Gap) string {
	switch {
	case gap.IsEmpty():
		return ""
	case gap.First == gap.Last:
		return "step " + thousands(gap.First) + ", which is not shown"
	}
	return "steps " + thousands(gap.First) + " to " + thousands(gap.Last) + ", which are not shown"
}

// figures returns the counts of the page that are not zero.
func figures(p graph.Part, components, jobs, notApplied int) []figure {
	var all []figure
	for _, f := range []struct {
		count     int
		of        int // the count of the whole graph, if it is shown
		one, many string
	}{
		{len(p.Steps), p.Count, "step", "steps"},
		{components, 0, "component", "components"},
		{p.Objects(), p.Graph.Total, "object", "objects"},
		{jobs, 0, "job", "jobs"},
		{notApplied, 0, "not applied", "not applied"},
	} {
		name := f.many
		if f.count == 1 {
			name = f.one
		}
		switch {
		case p.Narrowed && f.of > 0:
			if f.of == 1 {
				f.many = f.one
			}
			all = append(all, figure{thousands(f.count) + " of " + thousands(f.of), f.many})
		case f.count > 0:
			all = append(all, figure{thousands(f.count), name})
		}
	}
	return all
}

func facts(p Page) []fact {
	reference := p.Release.Reference
	if reference == p.Release.Image {
		reference = ""
	}
	settings := []Setting{
		{"Image", p.Release.Image},
		{"Digest", p.Release.Digest},
		{"Of the list", p.Release.ListDigest},
		{"Read from", reference},
		{"Architecture", p.Release.Architecture},
		{"Strategy", string(p.Graph.Graph.Strategy)},
	}
	var all []fact
	for _, f := range append(settings, p.Settings...) {
		if f.Value != "" {
			all = append(all, fact{f.Name, cut(safe.Line(f.Value), "@")})
		}
	}
	return all
}

func newStep(p graph.Part, at int, neighbours graph.Neighbours, relations *relations) step {
	of := p.Steps[at]
	nodes := of.Nodes
	s := step{ID: stepID(of), Number: thousands(of.Number), Width: of.Width, Gap: gapText(of.Before)}
	var before, after string // instead of links
	if at == 0 {
		before = hiddenSteps(of.Before)
	}
	if at == len(p.Steps)-1 {
		after = hiddenSteps(p.After())
	}
	for _, reason := range of.Reasons {
		s.Reasons = append(s.Reasons, safe.Line(reason))
	}
	var objects []manifest.Entry
	for _, n := range nodes {
		objects = append(objects, n.Objects...)
		s.Nodes = append(s.Nodes, newNode(n, relations.names[n.ID],
			relations.of(neighbours.Before[n.ID]).orHidden(before), relations.of(neighbours.After[n.ID]).orHidden(after)))
	}
	s.Objects = len(objects)
	all := graph.Node{Objects: objects}
	levels := all.Levels()
	s.Levels = safe.Line(levelNames(levels))
	s.Count = count(s.Objects, "object")
	if of.Hidden > 0 {
		s.Count = thousands(s.Objects) + " of " + count(s.Objects+of.Hidden, "object")
	}
	s.Work = work(p.Graph, of, s.Objects+of.Hidden)
	for i := range s.Nodes {
		// The heading of the step has the levels already.
		if len(levels) == 1 || len(nodes) == 1 {
			s.Nodes[i].Levels = ""
		}
	}
	s.Own = slices.ContainsFunc(s.Nodes, func(n node) bool { return !reflect.DeepEqual(n.Before, s.Nodes[0].Before) })
	if !s.Own {
		s.Before = s.Nodes[0].Before
		s.First = len(s.Before.Links) == 0 && s.Before.Step.Target == "" && s.Before.Hidden == ""
	}
	return s
}

// work describes how the nodes of a step run: "9 components side by side", "one after the other".
func work(g *graph.Graph, s graph.Step, objects int) string {
	nodes := s.Nodes
	switch {
	case s.Width == 1 && objects == 1:
		return ""
	case s.Width == 1:
		return "one after the other"
	}
	what, seen := "components", map[string]bool{}
	for _, node := range nodes {
		name := node.Names()[0]
		if len(node.Names()) > 1 || seen[name] {
			what = "groups of objects"
		}
		seen[name] = true
	}
	text := thousands(s.Width) + " " + what + " side by side"
	if len(nodes) < s.Width { // the other nodes may not be components
		text = thousands(len(nodes)) + " of " + thousands(s.Width) + " side by side"
	}
	if g.Workers > 0 && s.Width > g.Workers {
		text += ", " + thousands(g.Workers) + " at a time"
	}
	return text
}

// meaning explains a strategy in one sentence.
func meaning(g *graph.Graph) string {
	switch g.Strategy {
	case graph.Update:
		return fmt.Sprintf("An update works down the page. A step begins when the one before it is done; its components are worked "+
			"on side by side, up to %d at a time, and the objects of each one after the other.", g.Workers)
	case graph.Install:
		return "An installation works on all components of a step at once, whatever their run level, and tries again what " +
			"fails until it succeeds; only a job makes what follows wait."
	case graph.Reconcile:
		return fmt.Sprintf("Between updates the operator goes through all components again and again, %d at a time, in an "+
			"order that changes with every attempt: this is that of attempt %d.", g.Workers, g.Attempt)
	}
	return "A step begins when the one before it is done."
}
