package page

import (
	"strings"

	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// node is a box: objects that are worked on one after the other.
type node struct {
	ID            string
	Name          string // its components
	Levels        string // when the step has several
	Kinds         string // summary
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
	Heading          string // when the node has several groups
	Rows             []row
}

type row struct {
	Index, Kind, Namespace string

	// Name, APIVersion and Place are cut where a line may break.
	Name, APIVersion []string
	Place            []string // file and document, with the folder when the node has several
}

// componentOf names what an object belongs to: a file without a component counts by its own name.
func componentOf(o v1alpha1.GraphObject) string {
	if o.Component == "" {
		return o.File
	}
	return o.Component
}

func newNode(n *v1alpha1.GraphNode, relations *relations) node {
	counted := newTally(n.Objects)
	folder := folderOf(n.Objects)
	return node{
		ID:      nodeID(n.ID),
		Name:    relations.names[n.ID],
		Levels:  visible(levelNames(levelsOf(n.Objects))),
		Kinds:   counted.summary(),
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
		level, component := visible(o.Level), visible(componentOf(o))
		if i == 0 || level != groups[len(groups)-1].Level || component != groups[len(groups)-1].Component {
			groups = append(groups, group{Level: level, Component: component})
		}
		last := &groups[len(groups)-1]
		last.Rows = append(last.Rows, newRow(o, folder))
	}
	if len(groups) > 1 {
		for i, g := range groups {
			groups[i].Heading = visible(levelNames([]string{g.Level})) + ": " + g.Component
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
	return row{
		Index: thousands(o.Index), Kind: visible(o.Kind), Namespace: visible(o.Namespace),
		Name: cut(visible(o.Name), ".:"), APIVersion: cut(visible(o.APIVersion), "./"), Place: cut(visible(place), "_/"),
	}
}

// namedComponents is how many components a box is called by.
const namedComponents = 3

// nameOf is what a box is called.
func nameOf(n *v1alpha1.GraphNode) string {
	if len(n.Components) == 0 {
		return "no component"
	}
	named := make([]string, 0, namedComponents+1)
	for _, component := range n.Components[:min(len(n.Components), namedComponents)] {
		named = append(named, visible(component))
	}
	if more := len(n.Components) - namedComponents; more > 0 {
		named = append(named, thousands(more)+" more")
	}
	return strings.Join(named, " + ")
}
