package printers

import (
	"io"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/page"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// GraphForms are the forms of a graph beyond its document.
func GraphForms() []string { return []string{"dot", "html", "mermaid", "tree"} }

// GraphOptions say what else is shown of a graph.
type GraphOptions struct {
	Objects  bool           // in the tree what the nodes hold
	Settings []page.Setting // on the page what was said of the cluster
}

// Graph shows a task graph as a tree, for Graphviz, for Mermaid, as a page or as a document.
func Graph(document *v1alpha1.ReleaseGraph, g *graph.Graph, o GraphOptions) View {
	tree := func(w io.Writer) error { return readable(g).Tree(w, o.Objects) }
	return View{
		Document: document,
		Text:     tree,
		Texts: map[string]func(io.Writer) error{
			"tree":    tree,
			"dot":     func(w io.Writer) error { return g.DOT(w) },
			"html":    func(w io.Writer) error { return page.Write(w, document, o.Settings...) },
			"mermaid": func(w io.Writer) error { return readable(g).Mermaid(w) },
		},
	}
}

// readable is a graph whose names can be put on one line.
func readable(g *graph.Graph) *graph.Graph {
	shown := &graph.Graph{Total: g.Total, Workers: g.Workers}
	for _, node := range g.Nodes {
		n := *node
		n.Objects = make([]manifest.Entry, len(node.Objects))
		for i, entry := range node.Objects {
			o := *entry.Object
			o.File, o.Component = SafeLine(o.File), SafeLine(o.Component)
			o.Kind, o.Namespace, o.Name = SafeLine(o.Kind), SafeLine(o.Namespace), SafeLine(o.Name)
			entry.Object, entry.Reason = &o, SafeLine(entry.Reason)
			n.Objects[i] = entry
		}
		shown.Nodes = append(shown.Nodes, &n)
	}
	return shown
}
