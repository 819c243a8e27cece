// Package graphpage draws a release's task graph as one HTML page to look at: steps down the page, what runs side by side
// in them, every object on a click, search, dark and light. The page is one file that asks no network for anything,
// works without its script, and prints.
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

// The style sheets and scripts, joined in this order.
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

// Setting is something that was said of the cluster for which a graph was made.
type Setting struct{ Name, Value string }

// Page is what a page shows.
type Page struct {
	Release  v1alpha1.Release
	Graph    graph.Part
	Settings []Setting // in their order, among what the page says of the release
}

// Write draws a page as HTML in UTF-8. The same page gives the same bytes. Names are taken for hostile: html/template
// escapes them, and the page's own policy lets nothing run but its own script. An error is that of w.
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

// document is what the template sees.
type document struct {
	Policy string
	Style  template.CSS
	Script template.JS
	view
}

// policy allows this style sheet and this script by their hashes, and nothing else: no request leaves the page, and
// nothing that slipped in would run.
func policy(style, script string) string {
	return "default-src 'none'; img-src data:; style-src " + hash(style) + "; script-src " + hash(script) +
		"; base-uri 'none'; form-action 'none'"
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
