package printers

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
)

// writeMermaid writes a graph as a Mermaid flow chart: each step a subgraph, and in it a box with a summary for each node.
func writeMermaid(w io.Writer, g *graph.Graph) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "flowchart TD")
	for i, step := range g.Steps() {
		fmt.Fprintf(out, "  subgraph s%d[\"%s\"]\n", i+1, stepTitle(g, i, step))
		for _, node := range step {
			if node.IsJob() {
				fmt.Fprintf(out, "    n%d{{\"%s\"}}\n", node.ID, mermaidText(nodeSummary(node)))
			} else {
				fmt.Fprintf(out, "    n%d[\"%s\"]\n", node.ID, mermaidText(nodeSummary(node)))
			}
		}
		fmt.Fprintln(out, "  end")
	}
	for _, node := range g.Nodes {
		if len(node.Objects) == 0 {
			fmt.Fprintf(out, "  n%d(( ))\n", node.ID)
		}
	}
	for _, node := range g.Nodes {
		for _, to := range node.Out {
			fmt.Fprintf(out, "  n%d --> n%d\n", node.ID, to)
		}
	}
	return out.Flush()
}

// mermaidText writes everything that could mean something as an entity.
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
