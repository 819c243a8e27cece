package graph

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// DOT writes the graph in the language of Graphviz, byte for byte as the operator's own tool prints it
// (cluster-version-operator, hack/cluster-version-util).
func (g *Graph) DOT(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprint(out, "digraph tasks {\n  labelloc=t;\n  rankdir=TB;\n")
	for _, node := range g.Nodes {
		label := "no manifests"
		if len(node.Objects) > 0 {
			tasks := make([]string, len(node.Objects))
			for i, object := range node.Objects {
				tasks[i] = dotText(g.task(object))
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

// task names an object as the operator's log does.
func (g *Graph) task(object manifest.Entry) string {
	return fmt.Sprintf("%s %s (%d of %d)", strings.ToLower(object.Kind), objectName(object), object.Index, g.Total)
}

func objectName(object manifest.Entry) string {
	if object.Namespace == "" {
		return object.Name
	}
	return object.Namespace + "/" + object.Name
}

// dotText makes a text fit between quotes. Only names that no cluster accepts need it.
func dotText(text string) string {
	return strings.NewReplacer(`"`, "", `\`, `\\`, "\n", " ", "\r", " ").Replace(text)
}
