package graphpage

import (
	"reflect"
	"slices"
	"strconv"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/safe"
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

type figure struct{ Value, Name string }

type legend struct {
	sort
	Count string
}

// step is what may be worked on side by side.
type step struct {
	ID, Number string
	Levels     string
	Work       string // "9 components side by side", "one after the other"
	Count      string
	Objects    int
	Reasons    []string
	Before     relation // what the whole step waits for; nothing when its nodes wait for different ones
	First      bool     // nothing is waited for
	Own        bool     // its nodes wait for different ones
	Nodes      []node
}

func nodeID(id int) string { return "n" + strconv.Itoa(id) }

func stepID(at int) string { return "s" + strconv.Itoa(at+1) }

func newView(p Page) view {
	g := p.Graph
	steps, reasons := g.Steps(), g.Reasons()
	v := view{
		Title:    "Release " + safe.Line(p.Release.Version),
		Strategy: safe.Line(string(g.Strategy)),
		Meaning:  meaning(g),
		Facts:    facts(p),
	}
	if p.Release.Version == "" {
		v.Title = "Release graph"
	}
	relations, neighbours := newRelations(steps), g.Neighbours()
	total, components := newTally(nil), map[string]bool{}
	jobs, notApplied := 0, 0
	for at, nodes := range steps {
		v.Steps = append(v.Steps, newStep(g, at, nodes, reasons[at], neighbours, relations))
		for _, node := range nodes {
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
	v.Figures = figures(len(steps), len(components), total.count(), jobs, notApplied)
	return v
}

// figures are the counts of the page, without those that are none.
func figures(steps, components, objects, jobs, notApplied int) []figure {
	var all []figure
	for _, f := range []struct {
		count     int
		one, many string
	}{
		{steps, "step", "steps"},
		{components, "component", "components"},
		{objects, "object", "objects"},
		{jobs, "job", "jobs"},
		{notApplied, "not applied", "not applied"},
	} {
		name := f.many
		if f.count == 1 {
			name = f.one
		}
		if f.count > 0 {
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
		{"Strategy", string(p.Graph.Strategy)},
	}
	var all []fact
	for _, f := range append(settings, p.Settings...) {
		if f.Value != "" {
			all = append(all, fact{f.Name, cut(safe.Line(f.Value), "@")})
		}
	}
	return all
}

func newStep(g *graph.Graph, at int, nodes []*graph.Node, reasons []string, neighbours graph.Neighbours, relations *relations) step {
	s := step{ID: stepID(at), Number: thousands(at + 1)}
	for _, reason := range reasons {
		s.Reasons = append(s.Reasons, safe.Line(reason))
	}
	var objects []manifest.Entry
	for _, n := range nodes {
		objects = append(objects, n.Objects...)
		s.Nodes = append(s.Nodes, newNode(n, relations.names[n.ID], relations.of(neighbours.Before[n.ID]), relations.of(neighbours.After[n.ID])))
	}
	s.Objects = len(objects)
	all := graph.Node{Objects: objects}
	levels := all.Levels()
	s.Levels = safe.Line(levelNames(levels))
	s.Count = count(s.Objects, "object")
	s.Work = work(g, nodes, s.Objects)
	for i := range s.Nodes {
		// What the step's heading says is not said again in its boxes.
		if len(levels) == 1 || len(nodes) == 1 {
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

// work says how a step is worked on: "9 components side by side", "one after the other".
func work(g *graph.Graph, nodes []*graph.Node, objects int) string {
	switch {
	case len(nodes) == 1 && objects == 1:
		return ""
	case len(nodes) == 1:
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
	text := thousands(len(nodes)) + " " + what + " side by side"
	if g.Workers > 0 && len(nodes) > g.Workers {
		text += ", " + thousands(g.Workers) + " at a time"
	}
	return text
}
