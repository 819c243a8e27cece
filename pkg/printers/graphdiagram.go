package printers

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/safe"
)

// writeDOT writes a graph in the language of Graphviz, with the same bytes as the operator's own tool
// (cluster-version-operator, hack/cluster-version-util), except for names that no cluster accepts.
func writeDOT(w io.Writer, g *graph.Graph) error {
	out := bufio.NewWriter(w)
	fmt.Fprint(out, "digraph tasks {\n  labelloc=t;\n  rankdir=TB;\n")
	for _, node := range g.Nodes {
		label := "no manifests"
		if len(node.Objects) > 0 {
			tasks := make([]string, len(node.Objects))
			for i, object := range node.Objects {
				tasks[i] = dotText(taskName(g, object))
			}
			label = strings.Join(tasks, `\n`)
		}
		fmt.Fprintf(out, "  %d [ label=\"%s\" shape=\"box\" ];\n", node.ID, label)
	}
	for _, node := range g.Nodes {
		for _, to := range node.Out {
			fmt.Fprintf(out, "  %d -> %d;\n", node.ID, to)
		}
	}
	fmt.Fprint(out, "}\n")
	return out.Flush()
}

// taskName returns the name of an object in the operator's log.
func taskName(g *graph.Graph, object manifest.Entry) string {
	return fmt.Sprintf("%s %s (%d of %d)", safe.Line(strings.ToLower(object.Kind)), namespacedName(object), object.Index, g.Total)
}

// dotText escapes a text between quotes.
func dotText(text string) string {
	return strings.NewReplacer(`"`, "", `\`, `\\`).Replace(text)
}

// writeMermaid writes a graph as a Mermaid flow chart: a subgraph for each step, with a box for each node. If only a part of
// the graph is shown, all arrows between two steps meet in one point, or in a box that names the steps between them.
func writeMermaid(w io.Writer, p graph.Part) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "flowchart TD")
	for _, step := range p.Steps {
		fmt.Fprintf(out, "  subgraph s%d[\"%s\"]\n", step.Number, stepTitle(p.Graph, step))
		for _, node := range step.Nodes {
			if node.IsJob() {
				fmt.Fprintf(out, "    n%d{{\"%s\"}}\n", node.ID, mermaidText(nodeSummary(node)))
			} else {
				fmt.Fprintf(out, "    n%d[\"%s\"]\n", node.ID, mermaidText(nodeSummary(node)))
			}
		}
		fmt.Fprintln(out, "  end")
	}
	if p.Narrowed {
		writeMermaidSteps(out, p)
	} else {
		writeMermaidNodes(out, p.Graph)
	}
	return out.Flush()
}

// writeMermaidNodes writes the nodes without objects, which only join others, and all arrows.
func writeMermaidNodes(w io.Writer, g *graph.Graph) {
	for _, node := range g.Nodes {
		if len(node.Objects) == 0 {
			fmt.Fprintf(w, "  n%d(( ))\n", node.ID)
		}
	}
	for _, node := range g.Nodes {
		for _, to := range node.Out {
			fmt.Fprintf(w, "  n%d --> n%d\n", node.ID, to)
		}
	}
}

// writeMermaidSteps writes what is between the steps that are shown, with arrows to and from it.
func writeMermaidSteps(w io.Writer, p graph.Part) {
	var before []*graph.Node
	for _, step := range p.Steps {
		writeMermaidGap(w, step.Number, step.Before, before, step.Nodes)
		before = step.Nodes
	}
	writeMermaidGap(w, p.Count+1, p.After(), before, nil)
}

// writeMermaidGap writes the point or box before a step.
func writeMermaidGap(w io.Writer, number int, gap graph.Gap, before, after []*graph.Node) {
	switch {
	case !gap.IsEmpty():
		fmt.Fprintf(w, "  g%d[\"%s\"]\n", number, gapTitle(gap))
	case len(before) == 0 || len(after) == 0:
		return
	default:
		fmt.Fprintf(w, "  g%d(( ))\n", number)
	}
	for _, node := range before {
		fmt.Fprintf(w, "  n%d --> g%d\n", node.ID, number)
	}
	for _, node := range after {
		fmt.Fprintf(w, "  g%d --> n%d\n", number, node.ID)
	}
}

// mermaidText escapes all characters that are special in Mermaid as entities.
func mermaidText(text string) string {
	var out strings.Builder
	for _, r := range text {
		if r < 0x80 && strings.IndexByte("\"\\`<>#;&|[](){}%\n\r\t", byte(r)) >= 0 {
			fmt.Fprintf(&out, "#%d;", r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}
