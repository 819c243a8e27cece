package graphpage

import (
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/safe"
)

// node is a card: objects that are worked on one after the other.
type node struct {
	ID            string
	Name          string // its components, and files that have none
	Levels        string // when the step has several
	Kinds         string // summary
	NotApplied    string // how many of its objects
	NotShown      string // how many of its objects are left out
	Count         string
	Objects       int
	Job           bool
	Bar           []segment
	Before, After relation
	Folder        string // that all files are in; empty when they are in several
	Groups        []group
}

// group is a stretch of a node's objects with one level and one component.
type group struct {
	Level, Component string
	Name             string // the component, else the file
	Heading          string // when the node has several groups
	Rows             []row
}

type row struct {
	Index, Namespace string
	NotApplied       string // why, for what is loaded and not applied

	// Kind, Name, APIVersion and Place are cut where a line may break.
	Kind, Name, APIVersion []string
	Place                  []string // file and document, with the folder when the node has several
}

// belongsTo names what an object belongs to: its component, or its file when that has none.
func belongsTo(o manifest.Entry) string {
	if o.Component == "" {
		return o.File
	}
	return o.Component
}

func newNode(n *graph.Node, name string, before, after relation) node {
	counted := newTally(n.Objects)
	folder, notApplied, notShown := folderOf(n.Objects), "", ""
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
		Count:   count(len(n.Objects), "object"),
		Objects: len(n.Objects),
		Job:     n.IsJob(),
		Bar:     counted.bar(),
		Before:  before,
		After:   after,
		Folder:  safe.Line(folder),
		Groups:  groupsOf(n, folder),
	}
}

// folderOf is the folder of all objects, empty when they are in several.
func folderOf(objects []manifest.Entry) string {
	for _, o := range objects {
		if o.Directory != objects[0].Directory {
			return ""
		}
	}
	return string(objects[0].Directory)
}

func groupsOf(n *graph.Node, folder string) []group {
	var groups []group
	for i, o := range n.Objects {
		level, name := safe.Line(o.Level), safe.Line(belongsTo(o))
		if i == 0 || level != groups[len(groups)-1].Level || name != groups[len(groups)-1].Name {
			groups = append(groups, group{Level: level, Component: safe.Line(o.Component), Name: name})
		}
		last := &groups[len(groups)-1]
		last.Rows = append(last.Rows, newRow(o, folder))
	}
	if len(groups) > 1 {
		for i, g := range groups {
			groups[i].Heading = safe.Line(levelNames([]string{g.Level})) + ": " + g.Name
		}
	}
	return groups
}

func newRow(o manifest.Entry, folder string) row {
	place := o.File
	if folder == "" {
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

// namedComponents is how many components a node is called by.
const namedComponents = 3

// nameOf is what a node is called.
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
