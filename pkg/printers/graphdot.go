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

// writeDOT writes a graph in the language of Graphviz, byte for byte as the operator's own tool prints it
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

// taskName names an object as the operator's log does.
func taskName(g *graph.Graph, object manifest.Entry) string {
	return fmt.Sprintf("%s %s (%d of %d)", safe.Line(strings.ToLower(object.Kind)), namespacedName(object), object.Index, g.Total)
}

// dotText makes a text fit between quotes.
func dotText(text string) string {
	return strings.NewReplacer(`"`, "", `\`, `\\`).Replace(text)
}
