package printers

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/graphpage"
	"github.com/release-x/oc-release-x/pkg/printers/safe"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// GraphForms returns the forms of a graph besides its document.
func GraphForms() []string { return []string{"dot", "html", "mermaid", "tree"} }

// GraphOptions choose what is shown of a graph.
type GraphOptions struct {
	Objects  bool                // the tree shows the objects of nodes
	Part     *graph.Part         // the part that tree, Mermaid and page show; nil for the whole graph
	Settings []graphpage.Setting // the settings of the cluster, for the page
}

// Graph returns the view of a task graph: a tree, a Graphviz or Mermaid diagram, a page, or its document. All forms but the
// document escape names of the release.
func Graph(document *v1alpha1.ReleaseGraph, g *graph.Graph, o GraphOptions) View {
	part := func() graph.Part {
		if o.Part != nil {
			return *o.Part
		}
		return g.All()
	}
	tree := func(w io.Writer) error { return writeTree(w, document.Release.Version, part(), o.Objects) }
	return View{
		Document: document,
		Text:     tree,
		Texts: map[string]func(io.Writer) error{
			"tree": tree,
			"dot":  func(w io.Writer) error { return writeDOT(w, g) },
			"html": func(w io.Writer) error {
				return graphpage.Write(w, graphpage.Page{Release: document.Release, Graph: part(), Settings: o.Settings})
			},
			"mermaid": func(w io.Writer) error { return writeMermaid(w, part()) },
		},
	}
}

// writeTree writes the steps of a graph with their nodes, and with objects also the objects of the nodes. Objects that are not
// applied are counted; with objects, their reason is shown.
func writeTree(w io.Writer, version string, p graph.Part, objects bool) error {
	out := bufio.NewWriter(w)
	writeTreeHeader(out, version, p)
	writeGap := func(gap graph.Gap) {
		if !gap.IsEmpty() {
			fmt.Fprintf(out, "\n⋮ %s\n", gapTitle(gap))
		}
	}
	for _, step := range p.Steps {
		writeGap(step.Before)
		fmt.Fprintf(out, "\n%s\n", stepTitle(p.Graph, step))
		for _, reason := range step.Reasons {
			fmt.Fprintf(out, "│  %s\n", safe.Line(reason))
		}
		for j, node := range step.Nodes {
			branch, below := "├─ ", "│  "
			if j == len(step.Nodes)-1 {
				branch, below = "└─ ", "   "
			}
			fmt.Fprintf(out, "%s%s%s\n", branch, nodeSummary(node), notApplied(node))
			if objects {
				writeObjects(out, below, node.Objects)
			}
		}
	}
	writeGap(p.After())
	return out.Flush()
}

// writeTreeHeader writes the release, the strategy, and how to read the tree.
func writeTreeHeader(w io.Writer, version string, p graph.Part) {
	title := "Release " + safe.Line(version)
	if version == "" {
		title = "Release"
	}
	objects, steps := plural(p.Graph.Total, "object"), plural(p.Count, "step")
	if p.Narrowed {
		objects, steps = fmt.Sprintf("%d of %s", p.Objects(), objects), fmt.Sprintf("%d of %s", len(p.Steps), steps)
	}
	var nodes []*graph.Node
	for _, step := range p.Steps {
		nodes = append(nodes, step.Nodes...)
	}
	fmt.Fprintf(w, "%s, strategy %s: %s in %s%s\n", title, p.Graph.Strategy, objects, steps, notApplied(nodes...))
	fmt.Fprintln(w, "A step begins when the one before it is done. Its lines are worked on side by side, the objects of a line in their order.")
	fmt.Fprintln(w, "A line shows run levels (- for none), components and the number of objects.")
}

// stepTitle returns the number of a step, how many of its nodes run in parallel, and how many are shown.
func stepTitle(g *graph.Graph, step graph.Step) string {
	title := fmt.Sprintf("step %d", step.Number)
	if step.Width > 1 {
		title += fmt.Sprintf(": %d side by side", step.Width)
	}
	if g.Workers > 0 && step.Width > g.Workers {
		title += fmt.Sprintf(", %d at a time", g.Workers)
	}
	if len(step.Nodes) < step.Width {
		title += fmt.Sprintf(", %d shown", len(step.Nodes))
	}
	return title
}

// gapTitle names the steps that are not shown.
func gapTitle(gap graph.Gap) string {
	if gap.First == gap.Last {
		return fmt.Sprintf("step %d is not shown: %s", gap.First, plural(gap.Objects, "object"))
	}
	return fmt.Sprintf("steps %d to %d are not shown: %s", gap.First, gap.Last, plural(gap.Objects, "object"))
}

// notApplied returns the number of objects that are not applied as text, "" if there is none.
func notApplied(nodes ...*graph.Node) string {
	count := 0
	for _, node := range nodes {
		count += node.NotApplied()
	}
	if count == 0 {
		return ""
	}
	return fmt.Sprintf(", %d not applied", count)
}

func writeObjects(w io.Writer, margin string, objects []manifest.Entry) {
	for i, object := range objects {
		branch, state := "├─ ", ""
		if i == len(objects)-1 {
			branch = "└─ "
		}
		if object.State != manifest.Included {
			state = ", not applied: " + safe.Line(object.Reason)
		}
		fmt.Fprintf(w, "%s%s%d %s %s%s\n", margin, branch, object.Index, safe.Line(object.Kind), namespacedName(object), state)
	}
}

const maxNamed = 4 // components in the summary of a node

// nodeSummary returns the levels, components and number of objects of a node in one line.
func nodeSummary(n *graph.Node) string {
	if n.IsJob() {
		return fmt.Sprintf("%s job %s", levelList(n), namespacedName(n.Objects[0]))
	}
	names := n.Names()
	named := strings.Join(names[:min(len(names), maxNamed)], ", ")
	if more := len(names) - maxNamed; more > 0 {
		named += fmt.Sprintf(" and %d more", more)
	}
	objects := plural(len(n.Objects)+n.Hidden, "object")
	if n.Hidden > 0 {
		objects = fmt.Sprintf("%d of %s", len(n.Objects), objects)
	}
	return fmt.Sprintf("%s %s: %s", levelList(n), safe.Line(named), objects)
}

// namespacedName returns the name of an object with its namespace.
func namespacedName(object manifest.Entry) string {
	if object.Namespace == "" {
		return safe.Line(object.Name)
	}
	return safe.Line(object.Namespace + "/" + object.Name)
}

func plural(count int, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", count, noun)
}

// maxLevels is the number of levels, or ranges of levels, in the summary of a node.
const maxLevels = 8

// levelList returns the levels of a node in their order, a hyphen for files without a level. Three or more consecutive levels
// are written as a range.
func levelList(n *graph.Node) string {
	var list []string
	levels := n.Levels()
	for at := 0; at < len(levels); {
		end := at + 1
		for end < len(levels) && isNext(levels[end-1], levels[end]) {
			end++
		}
		switch {
		case levels[at] == "":
			list = append(list, "-")
		case end-at > 2:
			list = append(list, levels[at]+".."+levels[end-1])
		default:
			list, end = append(list, levels[at]), at+1
		}
		at = end
	}
	if len(list) > maxLevels {
		list = append(list[:maxLevels-1:maxLevels-1], "…", list[len(list)-1])
	}
	return safe.Line(strings.Join(list, ","))
}

// isNext reports whether next is level plus one, with the same number of digits.
func isNext(level, next string) bool {
	a, errA := strconv.Atoi(level)
	b, errB := strconv.Atoi(next)
	return errA == nil && errB == nil && len(level) == len(next) && b == a+1
}
