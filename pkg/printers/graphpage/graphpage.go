// Package graphpage writes pages about the task graph of a release: the graph itself, with the steps from top to bottom and all
// objects, and what differs between two releases, with the steps of the update. A page is one file with search and a dark and a light
// theme. It loads nothing from the network, works without scripts, and can be printed.
package graphpage

import (
	_ "embed" // the parts of the page
	"io"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// The page of a graph.
var (
	//go:embed web/page.html
	pageHTML string
	//go:embed web/table.css
	tableCSS string
	//go:embed web/search.js
	searchJS string
)

// Setting is a setting of the cluster for which the graph was computed.
type Setting struct{ Name, Value string }

// Page is the content of a page.
type Page struct {
	Release  v1alpha1.Release
	Graph    graph.Part
	Settings []Setting // shown with the facts about the release, in this order
}

// Write writes a page as HTML in UTF-8. Errors are those of w.
func Write(w io.Writer, p Page) error {
	v, s := newView(p), newShell(tableCSS, searchJS)
	s.Tab = v.Title + " · " + v.Strategy
	s.Label = "Search for anything that is shown of an object"
	s.Placeholder = "Component, kind, name, file, level 50"
	s.How = "Words must all be found. level 50 and step 3 look for a level and a step. kind: takes a whole kind, such as role or " +
		"deployments.apps; name:, namespace:, component:, level:, step:, api:, file: and folder: look in one place. Escape clears, " +
		"Enter goes to the first card found."
	return writePage(w, pageHTML, document{s, v})
}

// document is the data of the template.
type document struct {
	Shell shell
	view
}
