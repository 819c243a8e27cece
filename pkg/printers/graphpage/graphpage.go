// Package graphpage writes the task graph of a release as one HTML page, with the steps from top to bottom, all objects, search,
// and a dark and a light theme. The page is one file. It loads nothing from the network, works without scripts, and can be
// printed.
package graphpage

import (
	"bufio"
	"crypto/sha256"
	_ "embed" // the parts of the page
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

//go:embed web/page.html
var pageHTML string

// The style sheets and scripts, in the order in which they are joined.
var (
	//go:embed web/base.css
	baseCSS string
	//go:embed web/steps.css
	stepsCSS string
	//go:embed web/print.css
	printCSS string
	//go:embed web/theme.js
	themeJS string
	//go:embed web/steps.js
	stepsJS string
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

// Write writes a page as HTML in UTF-8. The same page gives the same bytes. Names may be hostile: html/template escapes them,
// and the policy of the page allows only its own script. Errors are those of w.
func Write(w io.Writer, p Page) error {
	parsed, err := template.New("page").Parse(pageHTML)
	if err != nil {
		return fmt.Errorf("reading the page's template: %w", err)
	}
	style, script := baseCSS+stepsCSS+printCSS, themeJS+stepsJS+searchJS
	out := bufio.NewWriter(w)
	err = parsed.Execute(out, document{
		Policy: policy(style, script),
		Style:  template.CSS(style),
		Script: template.JS(script),
		view:   newView(p),
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

// document is the data of the template.
type document struct {
	Policy string
	Style  template.CSS
	Script template.JS
	view
}

// policy returns a Content-Security-Policy that allows only this style sheet and this script, by their hashes. The page sends
// no requests and runs no other scripts.
func policy(style, script string) string {
	return "default-src 'none'; img-src data:; style-src " + hash(style) + "; script-src " + hash(script) +
		"; base-uri 'none'; form-action 'none'"
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
