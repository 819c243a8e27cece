package graph

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Mermaid writes the graph as a Mermaid flow chart, a box with a summary for each node.
func (g *Graph) Mermaid(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "flowchart TD")
	for _, node := range g.Nodes {
		switch {
		case len(node.Objects) == 0:
			fmt.Fprintf(out, "  n%d(( ))\n", node.ID)
		case node.IsJob():
			fmt.Fprintf(out, "  n%d{{\"%s\"}}\n", node.ID, mermaidText(node.summary()))
		default:
			fmt.Fprintf(out, "  n%d[\"%s\"]\n", node.ID, mermaidText(node.summary()))
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
