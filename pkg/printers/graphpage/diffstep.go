package graphpage

import (
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/diff"
	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/pathtext"
	"github.com/release-x/oc-release-x/pkg/printers/safe"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// diffStep is a step of the update.
type diffStep struct {
	ID, Number string
	Levels     string
	Work       string // as in step
	Count      string // what differs in it
	Class      string // its color: that of what differs
	Objects    int
	Bar        []segment
	Cards      []card // objects that differ; the page links to a step that has some
	Gap        string // the steps before it in which nothing differs

	counts []mark
}

// card is an object that differs.
type card struct {
	Class, Change        string
	Kind, Name           []string // in parts between which a line may break
	Namespace, Owner     string
	APIVersion, NotApply string
	File, FromFile       []string
	Paths                []diffPath
	Count                string // of paths
}

// diffPath is a value of an object that differs.
type diffPath struct {
	Path  []string
	Lines []diffLine
}

type diffLine struct{ Class, Sign, Text string }

// placeObjects sorts the objects that differ into the steps of the update, and into those that it does not have.
func (v *diffView) placeObjects(p DiffPage) {
	differ, placed := map[place]diff.Object{}, map[place]bool{}
	for _, o := range p.Result.Objects {
		if o.New != nil {
			differ[placeOf(o.New)] = o
		}
	}
	if p.Graph != nil {
		v.placeInSteps(p, differ, placed)
	}
	for _, o := range p.Result.Objects {
		switch {
		case o.New == nil:
			v.Removed = append(v.Removed, newCard(o, p.Full))
		case !placed[placeOf(o.New)] && markOf(o, p.Full) != folded:
			v.Elsewhere = append(v.Elsewhere, newCard(o, p.Full))
		}
	}
}

func (v *diffView) placeInSteps(p DiffPage, differ map[place]diff.Object, placed map[place]bool) {
	v.HasSteps = true
	var gap diffGap
	for _, of := range p.Graph.All().Steps {
		s := diffStep{ID: stepID(of), Number: thousands(of.Number), counts: marks()}
		var objects []manifest.Entry
		for _, node := range of.Nodes {
			objects = append(objects, node.Objects...)
		}
		for i := range objects {
			o, differs := differ[placeOf(&objects[i])]
			if !differs {
				s.counts[same].Count++
				continue
			}
			placed[placeOf(&objects[i])] = true
			kind := markOf(o, p.Full)
			s.counts[kind].Count++
			if kind != folded {
				s.Cards = append(s.Cards, newCard(o, p.Full))
			}
		}
		s.describe(p.Graph, of, objects)
		v.Strip = append(v.Strip, s)
		if len(s.Cards) == 0 {
			gap.add(of, s)
			continue
		}
		s.Gap, gap = gap.text(), diffGap{}
		v.Steps = append(v.Steps, s)
	}
	v.After = gap.text()
}

// describe fills in what is shown of a step.
func (s *diffStep) describe(g *graph.Graph, of graph.Step, objects []manifest.Entry) {
	all := graph.Node{Objects: objects}
	s.Objects = len(objects)
	s.Levels = safe.Line(levelNames(all.Levels()))
	s.Work = work(g, of, len(objects))
	s.Class, s.Bar = classOf(s.counts), barOf(s.counts)
	s.Count = thousands(len(s.Cards)) + " of " + count(len(objects), "object")
	if n := s.counts[folded].Count; n > 0 {
		s.Count += ", and " + thousands(n) + " only in image digests and versions"
	}
}

// classOf returns the class of what differs, that of changes if it is several things.
func classOf(counts []mark) string {
	class := counts[same].Class
	if counts[folded].Count > 0 {
		class = counts[folded].Class
	}
	kinds := 0
	for _, m := range counts[:folded] {
		if m.Count > 0 {
			class = m.Class
			kinds++
		}
	}
	if kinds > 1 {
		return counts[changed].Class
	}
	return class
}

func barOf(counts []mark) []segment {
	var bar []segment
	at := 0
	for _, m := range counts {
		if m.Count > 0 {
			bar = append(bar, segment{m.Class, at, m.Count})
			at += m.Count
		}
	}
	return bar
}

// diffGap is a range of steps in which nothing differs, or only image digests and versions.
type diffGap struct{ first, last, objects, folded int }

func (g *diffGap) add(of graph.Step, s diffStep) {
	if g.first == 0 {
		g.first = of.Number
	}
	g.last = of.Number
	g.objects += s.Objects
	g.folded += s.counts[folded].Count
}

func (g diffGap) text() string {
	if g.first == 0 {
		return ""
	}
	text := "Step " + thousands(g.first)
	if g.first < g.last {
		text = "Steps " + thousands(g.first) + " to " + thousands(g.last)
	}
	text += ": " + count(g.objects, "object") + ", "
	switch g.folded {
	case 0:
		return text + "none of which differs."
	case 1:
		return text + "1 of which differs only in image digests and versions."
	}
	return text + thousands(g.folded) + " of which differ only in image digests and versions."
}

func newCard(o diff.Object, full bool) card {
	d, e := v1alpha1.NewObjectDiff(o, full), o.Entry()
	c := card{
		Class: marks()[markOf(o, full)].Class, Change: d.Change,
		Kind: cutWords(safe.Line(e.Kind)), Name: cut(safe.Line(e.Name), ".:-"), Namespace: safe.Line(e.Namespace),
		Owner: safe.Line(belongsTo(*e)), APIVersion: safe.Line(e.APIVersion()),
		File: cut(safe.Line(d.File), "_/"),
	}
	if d.FromFile != "" {
		c.FromFile = cut(safe.Line(d.FromFile), "_/")
	}
	if o.New != nil && e.State == manifest.Excluded {
		c.NotApply = strings.TrimSuffix("not applied: "+safe.Line(e.Reason), ": ")
	}
	for _, p := range d.Paths {
		c.Paths = append(c.Paths, newDiffPath(p))
	}
	if len(c.Paths) > 0 {
		c.Count = count(len(c.Paths), "value")
	}
	return c
}

func newDiffPath(p v1alpha1.PathDiff) diffPath {
	path := diffPath{Path: cut(safe.Line(p.Path), ".]")}
	for _, line := range pathtext.Lines(p) {
		class := map[string]string{"-": "old", "+": "new"}[line.Sign]
		path.Lines = append(path.Lines, diffLine{class, line.Sign, line.Text})
	}
	return path
}
