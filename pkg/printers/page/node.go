package page

import (
	"strings"

	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// node is a box: objects that are worked on one after the other.
type node struct {
	ID            string
	Name          string // its components, and files that have none
	Levels        string // when the step has several
	Kinds         string // summary
	NotApplied    string // how many of its objects
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
func belongsTo(o v1alpha1.GraphObject) string {
	if o.Component == "" {
		return o.File
	}
	return o.Component
}

// countNotApplied counts the objects that are loaded and not applied.
func countNotApplied(objects []v1alpha1.GraphObject) (count int) {
	for _, o := range objects {
		if o.State != "" {
			count++
		}
	}
	return count
}

func newNode(n *v1alpha1.GraphNode, relations *relations) node {
	counted := newTally(n.Objects)
	folder, notApplied := folderOf(n.Objects), ""
	if skipped := countNotApplied(n.Objects); skipped > 0 {
		notApplied = thousands(skipped) + " not applied"
	}
	return node{
		ID:     nodeID(n.ID),
		Name:   relations.names[n.ID],
		Levels: visible(levelNames(levelsOf(n.Objects))),
		Kinds:  counted.summary(), NotApplied: notApplied,
		Count:   count(len(n.Objects), "object"),
		Objects: len(n.Objects),
		Job:     len(n.Objects) == 1 && n.Objects[0].APIVersion == "batch/v1" && n.Objects[0].Kind == "Job",
		Bar:     counted.bar(),
		Before:  relations.of(relations.network.beforeNode(n)),
		After:   relations.of(relations.network.afterNode(n)),
		Folder:  visible(folder),
		Groups:  groupsOf(n, folder),
	}
}

// levelsOf are the run levels of objects in their order, each once.
func levelsOf(objects []v1alpha1.GraphObject) []string {
	var levels []string
	seen := map[string]bool{}
	for _, o := range objects {
		if !seen[o.Level] {
			seen[o.Level] = true
			levels = append(levels, o.Level)
		}
	}
	return levels
}

// folderOf is the folder of all objects, empty when they are in several.
func folderOf(objects []v1alpha1.GraphObject) string {
	for _, o := range objects {
		if o.Folder != objects[0].Folder {
			return ""
		}
	}
	return objects[0].Folder
}

func groupsOf(n *v1alpha1.GraphNode, folder string) []group {
	var groups []group
	for i, o := range n.Objects {
		level, name := visible(o.Level), visible(belongsTo(o))
		if i == 0 || level != groups[len(groups)-1].Level || name != groups[len(groups)-1].Name {
			groups = append(groups, group{Level: level, Component: visible(o.Component), Name: name})
		}
		last := &groups[len(groups)-1]
		last.Rows = append(last.Rows, newRow(o, folder))
	}
	if len(groups) > 1 {
		for i, g := range groups {
			groups[i].Heading = visible(levelNames([]string{g.Level})) + ": " + g.Name
		}
	}
	return groups
}

func newRow(o v1alpha1.GraphObject, folder string) row {
	place := o.File
	if folder == "" {
		place = o.Folder + "/" + o.File
	}
	if o.Document > 1 {
		place += " #" + thousands(o.Document)
	}
	notApplied := ""
	if o.State != "" {
		notApplied = strings.TrimSuffix("not applied: "+visible(o.Reason), ": ")
	}
	return row{
		NotApplied: notApplied,
		Index:      thousands(o.Index), Kind: cutWords(visible(o.Kind)), Namespace: visible(o.Namespace),
		Name: cut(visible(o.Name), ".:"), APIVersion: cut(visible(o.APIVersion), "./"), Place: cut(visible(place), "_/"),
	}
}

// namedComponents is how many components a box is called by.
const namedComponents = 3

// nameOf is what a box is called.
func nameOf(n *v1alpha1.GraphNode) string {
	var names []string
	seen := map[string]bool{"": true}
	for _, o := range n.Objects {
		if name := belongsTo(o); !seen[name] {
			seen[name] = true
			names = append(names, visible(name))
		}
	}
	if len(names) == 0 {
		return "no component"
	}
	if more := len(names) - namedComponents; more > 0 {
		names = append(names[:namedComponents], thousands(more)+" more")
	}
	return strings.Join(names, " + ")
}
