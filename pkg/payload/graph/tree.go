package graph

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Tree writes the steps of the graph one below the other, and in each the nodes that are worked on side by side; with
// objects also what they hold. What is not applied is counted, and with objects said why. Names are written as they are.
func (g *Graph) Tree(w io.Writer, objects bool) error {
	out := bufio.NewWriter(w)
	steps := g.Steps()
	fmt.Fprintf(out, "%s in %s%s\n", plural(g.Total, "object"), plural(len(steps), "step"), notApplied(g.Nodes...))
	for i, step := range steps {
		fmt.Fprintf(out, "\nstep %d", i+1)
		if len(step) > 1 {
			fmt.Fprintf(out, ": %d side by side", len(step))
		}
		if g.Workers > 0 && len(step) > g.Workers {
			fmt.Fprintf(out, ", %d at a time", g.Workers)
		}
		fmt.Fprintln(out)
		for j, node := range step {
			branch, below := "├─ ", "│  "
			if j == len(step)-1 {
				branch, below = "└─ ", "   "
			}
			fmt.Fprintf(out, "%s%s%s\n", branch, node.summary(), notApplied(node))
			if objects {
				writeObjects(out, below, node.Objects)
			}
		}
	}
	return out.Flush()
}

// notApplied says how many objects of nodes are not applied, empty when all are.
func notApplied(nodes ...*Node) string {
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
			state = ", not applied: " + object.Reason
		}
		fmt.Fprintf(w, "%s%s%d %s %s%s\n", margin, branch, object.Index, object.Kind, objectName(object), state)
	}
}

const maxNamed = 4 // components in the summary of a node

// summary is levels, components and number of objects of a node in a line.
func (n *Node) summary() string {
	if n.IsJob() {
		return fmt.Sprintf("%s job %s", n.levelList(), objectName(n.Objects[0]))
	}
	names := n.names()
	named := strings.Join(names[:min(len(names), maxNamed)], ", ")
	if more := len(names) - maxNamed; more > 0 {
		named += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("%s %s: %s", n.levelList(), named, plural(len(n.Objects), "object"))
}

func plural(count int, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", count, noun)
}
