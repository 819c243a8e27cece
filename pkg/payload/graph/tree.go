package graph

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Tree writes the steps of the graph one below the other, and in each the nodes that are worked on side by side; with
// objects also what they hold. Names are written as they are.
func (g *Graph) Tree(w io.Writer, objects bool) error {
	out := bufio.NewWriter(w)
	steps := g.Steps()
	fmt.Fprintf(out, "%s in %s\n", plural(g.Total, "object"), plural(len(steps), "step"))
	for i, step := range steps {
		fmt.Fprintf(out, "\nstep %d", i+1)
		if len(step) > 1 {
			fmt.Fprintf(out, ": %d side by side", len(step))
		}
		fmt.Fprintln(out)
		for j, node := range step {
			branch, below := "├─ ", "│  "
			if j == len(step)-1 {
				branch, below = "└─ ", "   "
			}
			fmt.Fprintf(out, "%s%s\n", branch, node.summary())
			if objects {
				writeObjects(out, below, node.Objects)
			}
		}
	}
	return out.Flush()
}

func writeObjects(w io.Writer, margin string, objects []manifest.Entry) {
	for i, object := range objects {
		branch := "├─ "
		if i == len(objects)-1 {
			branch = "└─ "
		}
		fmt.Fprintf(w, "%s%s%d %s %s\n", margin, branch, object.Index, object.Kind, objectName(object))
	}
}

const maxNamed = 4 // components in the summary of a node

// summary is levels, components and number of objects of a node in a line.
func (n *Node) summary() string {
	if n.IsJob() {
		return fmt.Sprintf("%s job %s", n.levelSpan(), objectName(n.Objects[0]))
	}
	components := n.Components()
	named := strings.Join(components[:min(len(components), maxNamed)], ", ")
	if more := len(components) - maxNamed; more > 0 {
		named += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("%s %s: %s", n.levelSpan(), named, plural(len(n.Objects), "object"))
}

// levelSpan is the first and the last level of a node, a hyphen for names without one.
func (n *Node) levelSpan() string {
	levels := n.Levels()
	for i, level := range levels {
		if level == "" {
			levels[i] = "-"
		}
	}
	if len(levels) == 1 {
		return levels[0]
	}
	return levels[0] + ".." + levels[len(levels)-1]
}

func plural(count int, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", count, noun)
}
