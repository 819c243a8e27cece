package graphpage

import (
	_ "embed" // the parts of the page
	"io"

	"github.com/release-x/oc-release-x/pkg/payload/diff"
	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/safe"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// The page of a diff.
var (
	//go:embed web/diff.html
	diffHTML string
	//go:embed web/diff.css
	diffCSS string
	//go:embed web/diff.js
	diffJS string
)

// DiffPage is the content of a page about what differs between two releases.
type DiffPage struct {
	Diff   *v1alpha1.ReleaseDiff
	Result *diff.Result
	Full   bool         // also show image digests and version strings in objects
	Graph  *graph.Graph // of the update to the new release; nil if one of the releases has no manifests
	// Settings are those of the cluster for which the graph was computed.
	Settings []Setting
}

// WriteDiff writes a page about what differs as HTML in UTF-8. Errors are those of w.
func WriteDiff(w io.Writer, p DiffPage) error {
	s := newShell(diffCSS, diffJS)
	v := newDiffView(p)
	s.Tab = v.Title
	s.Label = "Search for anything that differs"
	s.Placeholder = "Component, kind, name, file, path"
	s.How = "Words must all be found in one image, value, file or object. Escape clears, Enter goes to the first object found."
	return writePage(w, diffHTML, diffDocument{s, v})
}

// diffDocument is the data of the template.
type diffDocument struct {
	Shell shell
	diffView
}

// diffView is a diff as the template shows it. All texts are ready except for escaping.
type diffView struct {
	Title     string
	Figures   []figure
	Reachable string // whether the update is possible
	Facts     []fact
	Legend    []mark
	HasImpact bool // the diff says what the update means; there may be nothing
	Impact    []impactSection
	Values    []valueSection
	Images    []imageSection
	Files     []diffFile
	FileCount string
	HasSteps  bool
	Strip     []diffStep // all steps
	Steps     []diffStep // those in which something differs, with gaps before them
	After     string     // the steps after the last one
	Removed   []card
	Elsewhere []card // what the update does not apply with these settings
	Nothing   bool
}

// mark is a kind of difference, and how many objects have it.
type mark struct {
	Class, Name string // of CSS, and for the legend
	Count       int
}

// marks lists the kinds of difference in the order in which bars show them. The last one is for objects that do not differ.
func marks() []mark {
	return []mark{
		{"d-changed", "changed", 0},
		{"d-added", "added", 0},
		{"d-removed", "removed", 0},
		{"d-moved", "applied at another time", 0},
		{"d-folded", "only image digests and versions", 0},
		{"d-same", "unchanged", 0},
	}
}

// The indexes in marks.
const (
	changed = iota
	added
	removed
	moved
	folded
	same
)

// markOf returns the index in marks of an object that differs.
func markOf(o diff.Object, full bool) int {
	switch {
	case o.Change == diff.Added:
		return added
	case o.Change == diff.Removed:
		return removed
	case o.Change == diff.Moved:
		return moved
	case o.OnlyFolded() && !full:
		return folded
	}
	return changed
}

func newDiffView(p DiffPage) diffView {
	d := p.Diff
	v := diffView{
		Title:  safe.Line(versionOf(d.From)) + " → " + safe.Line(versionOf(d.To)),
		Facts:  diffFacts(p),
		Values: valueSections(d), HasImpact: d.Impact != nil, Impact: impactSections(d.Impact),
		Images: imageSections(d),
	}
	if d.Reachable != nil {
		v.Reachable = "lists"
		if !*d.Reachable {
			v.Reachable = "does not list"
		}
		v.Reachable = "Release " + safe.Line(versionOf(d.To)) + " " + v.Reachable + " " + safe.Line(versionOf(d.From)) + " as a version that can update to it."
	}
	if d.Files != nil {
		v.Files = diffFiles(d.Files)
		v.FileCount = count(len(v.Files), "file")
	}
	counts := marks()
	for _, o := range p.Result.Objects {
		counts[markOf(o, p.Full)].Count++
	}
	v.placeObjects(p)
	v.Legend, v.Figures = legendOf(counts), diffFigures(d, counts)
	v.Nothing = p.Result.Empty()
	return v
}

func versionOf(r v1alpha1.Release) string {
	if r.Version == "" {
		return "a release without a version"
	}
	return r.Version
}

// legendOf returns the marks that occur. Objects that do not differ are in every update.
func legendOf(counts []mark) []mark {
	var all []mark
	for i, m := range counts {
		if m.Count > 0 || i == same {
			all = append(all, m)
		}
	}
	return all
}

// diffFigures returns the counts of the page that are not zero.
func diffFigures(d *v1alpha1.ReleaseDiff, counts []mark) []figure {
	var all []figure
	add := func(n int, one, many string) {
		switch {
		case n == 1:
			all = append(all, figure{"1", one})
		case n > 0:
			all = append(all, figure{thousands(n), many})
		}
	}
	for _, s := range impactSections(d.Impact) {
		if s.Blocks {
			add(len(s.Findings), "blocker", "blockers")
		}
	}
	i := d.Images
	add(len(i.Changed)+len(i.Rebuilt)+len(i.Added)+len(i.Removed), "image differs", "images differ")
	add(counts[added].Count, "object added", "objects added")
	add(counts[removed].Count, "object removed", "objects removed")
	add(counts[changed].Count, "object changed", "objects changed")
	add(counts[moved].Count, "object moved", "objects moved")
	add(counts[folded].Count, "object differs only in digests and versions", "objects differ only in digests and versions")
	return all
}

func diffFacts(p DiffPage) []fact {
	var settings []Setting
	for _, side := range []struct {
		name    string
		release v1alpha1.Release
	}{{"Old", p.Diff.From}, {"New", p.Diff.To}} {
		value := side.release.Image
		if value == "" {
			value = side.release.Reference
		}
		settings = append(settings, Setting{side.name + " release", value})
		if digest := side.release.Digest; digest != "" && side.release.Image == "" {
			settings = append(settings, Setting{side.name + " digest", digest})
		}
	}
	var all []fact
	for _, s := range append(settings, p.Settings...) {
		if s.Value != "" {
			all = append(all, fact{safe.Line(s.Name), cut(safe.Line(s.Value), "@")})
		}
	}
	return all
}

// place is where an object is in the new release.
type place struct {
	directory manifest.Directory
	file      string
	document  int
}

func placeOf(e *manifest.Entry) place { return place{e.Directory, e.File, e.Document} }
