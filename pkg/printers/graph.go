package printers

import (
	"io"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/printers/graphpage"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// GraphForms are the forms of a graph beyond its document.
func GraphForms() []string { return []string{"dot", "html", "mermaid", "tree"} }

// GraphOptions say what else is shown of a graph.
type GraphOptions struct {
	Objects  bool                // in the tree what the nodes hold
	Part     *graph.Part         // what tree, Mermaid and page show of the graph; nil for all of it
	Settings []graphpage.Setting // on the page what was said of the cluster
}

// Graph shows a task graph as a tree, for Graphviz, for Mermaid, as a page or as a document. No form but the document
// has names of the release in it as they are.
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
