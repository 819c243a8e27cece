package graphpage

import (
	"bufio"
	"crypto/sha256"
	_ "embed" // the parts of pages
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
)

// The parts that all pages share.
var (
	//go:embed web/parts.html
	partsHTML string
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
	//go:embed web/find.js
	findJS string
)

// shell is what all pages have around their content.
type shell struct {
	Policy string
	Style  template.CSS
	Script template.JS

	Tab                     string // the title of the browser's tab
	Label, Placeholder, How string // of the search
}

// newShell returns a shell with a style sheet and a script beside those of all pages.
func newShell(css, js string) shell {
	style, script := baseCSS+stepsCSS+printCSS+css, themeJS+stepsJS+findJS+js
	return shell{Policy: policy(style, script), Style: template.CSS(style), Script: template.JS(script)}
}

// writePage writes data with a template. The same data give the same bytes. Names may be hostile: html/template escapes them, and the
// policy of the page allows only its own script.
func writePage(w io.Writer, page string, data any) error {
	parsed, err := template.New("page").Parse(partsHTML)
	if err == nil {
		parsed, err = parsed.Parse(page)
	}
	if err != nil {
		return fmt.Errorf("reading the page's template: %w", err)
	}
	out := bufio.NewWriter(w)
	if err := parsed.Execute(out, data); err != nil {
		return err
	}
	return out.Flush()
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
