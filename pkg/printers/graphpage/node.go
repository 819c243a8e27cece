package graphpage

import (
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/safe"
)

// node is a card with objects that are applied one after the other.
type node struct {
	ID            string
	Name          string // its components, and its files without a component
	Levels        string // if the step has several
	Kinds         string // summary
	NotApplied    string // number of objects that are not applied
	NotShown      string // number of objects that are not shown
	Count         string
	Objects       int
	Job           bool
	Bar           []segment
	Before, After relation
	Directory     string // of all files; empty if there are several
	Groups        []group
}

// group has consecutive objects of a node with the same level and component.
type group struct {
	Level, Component string
	Name             string // the component, or the file
	Heading          string // if the node has several groups
	Rows             []row
}

type row struct {
	Index, Namespace string
	NotApplied       string // why it is loaded but not applied

	// Kind, Name, APIVersion and Place are in parts between which a line may break.
	Kind, Name, APIVersion []string
	Place                  []string // file and document, with the directory if the node has several
}

// belongsTo returns the component of an object, or its file if it has none.
func belongsTo(o manifest.Entry) string {
	if o.Component == "" {
		return o.File
	}
	return o.Component
}

func newNode(n *graph.Node, name string, before, after relation) node {
	counted := newTally(n.Objects)
	directory, notApplied, notShown := directoryOf(n.Objects), "", ""
	if n.Hidden > 0 {
		notShown = thousands(n.Hidden) + " not shown"
	}
	if skipped := n.NotApplied(); skipped > 0 {
		notApplied = thousands(skipped) + " not applied"
	}
	return node{
		ID:     nodeID(n.ID),
		Name:   name,
		Levels: safe.Line(levelNames(n.Levels())),
		Kinds:  counted.summary(), NotApplied: notApplied, NotShown: notShown,
		Count:     count(len(n.Objects), "object"),
		Objects:   len(n.Objects),
		Job:       n.IsJob(),
		Bar:       counted.bar(),
		Before:    before,
		After:     after,
		Directory: safe.Line(directory),
		Groups:    groupsOf(n, directory),
	}
}

// directoryOf returns the directory of all objects, "" if there are several.
func directoryOf(objects []manifest.Entry) string {
	for _, o := range objects {
		if o.Directory != objects[0].Directory {
			return ""
		}
	}
	return string(objects[0].Directory)
}

func groupsOf(n *graph.Node, directory string) []group {
	var groups []group
	for i, o := range n.Objects {
		level, name := safe.Line(o.Level), safe.Line(belongsTo(o))
		if i == 0 || level != groups[len(groups)-1].Level || name != groups[len(groups)-1].Name {
			groups = append(groups, group{Level: level, Component: safe.Line(o.Component), Name: name})
		}
		last := &groups[len(groups)-1]
		last.Rows = append(last.Rows, newRow(o, directory))
	}
	if len(groups) > 1 {
		for i, g := range groups {
			groups[i].Heading = safe.Line(levelNames([]string{g.Level})) + ": " + g.Name
		}
	}
	return groups
}

func newRow(o manifest.Entry, directory string) row {
	place := o.File
	if directory == "" {
		place = string(o.Directory) + "/" + o.File
	}
	if o.Document > 1 {
		place += " #" + thousands(o.Document)
	}
	notApplied := ""
	if o.State != manifest.Included {
		notApplied = strings.TrimSuffix("not applied: "+safe.Line(o.Reason), ": ")
	}
	return row{
		NotApplied: notApplied,
		Index:      thousands(o.Index), Kind: cutWords(safe.Line(o.Kind)), Namespace: safe.Line(o.Namespace),
		Name: cut(safe.Line(o.Name), ".:"), APIVersion: cut(safe.Line(o.APIVersion()), "./"), Place: cut(safe.Line(place), "_/"),
	}
}

// namedComponents is the number of components in the name of a node.
const namedComponents = 3

// nameOf returns the name of a node.
func nameOf(n *graph.Node) string {
	names := n.Names()
	if len(names) == 0 {
		return "no component"
	}
	if more := len(names) - namedComponents; more > 0 {
		names = append(names[:namedComponents:namedComponents], thousands(more)+" more")
	}
	return safe.Line(strings.Join(names, " + "))
}

// maxListed is the number of nodes up to which all nodes of a step are listed.
const maxListed = 6

// link is a link to a node or a step of the page.
type link struct {
	Target string // the id of its element
	Text   string
}

// relation has the nodes that a node waits for, or those that wait for it.
type relation struct {
	Links []link
	Step  link // the step, if they are all its nodes; otherwise without a target

	Hidden string // names the steps if none of them is shown
}

// relations computes relations. It computes each list once, because the nodes of a step share it.
type relations struct {
	steps  []graph.Step
	stepOf map[int]int // index of the step of each node with objects
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
	if computed, ok := r.made[&ids[0]]; ok {
		return computed
	}
	var made relation
	at := r.stepOf[ids[0]]
	entireStep := len(ids) == len(r.steps[at].Nodes) && !slices.ContainsFunc(ids, func(id int) bool { return r.stepOf[id] != at })
	if entireStep {
		made.Step = link{stepID(r.steps[at]), "step " + thousands(r.steps[at].Number)}
	}
	if !entireStep || len(ids) <= maxListed {
		for _, id := range ids {
			made.Links = append(made.Links, link{nodeID(id), r.names[id]})
		}
	}
	r.made[&ids[0]] = made
	return made
}

// orHidden returns r, with the name of hidden steps if it is empty.
func (r relation) orHidden(hidden string) relation {
	if len(r.Links) == 0 && r.Step.Target == "" {
		r.Hidden = hidden
	}
	return r
}
