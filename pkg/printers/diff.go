package printers

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/release-x/oc-release-x/pkg/printers/graphpage"
	"github.com/release-x/oc-release-x/pkg/printers/pathtext"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// ReleaseDiff returns the view of what differs between two releases: a text, with wide also the names of files and the pages with
// the commits of images, Markdown, or an HTML page, whose content the function page returns. With the impact, the text has that in
// place of what differs, and Markdown and the page have it before.
func ReleaseDiff(d *v1alpha1.ReleaseDiff, page func() (graphpage.DiffPage, error)) View {
	text := func(wide bool) func(io.Writer, Style) error {
		return func(w io.Writer, s Style) error {
			return (&diffText{ReleaseDiff: d, w: w, style: s, wide: wide}).write()
		}
	}
	return View{
		Document: d,
		Styled:   map[string]func(io.Writer, Style) error{"": text(false), "wide": text(true)},
		Texts: map[string]func(io.Writer) error{
			"markdown": func(w io.Writer) error { return writeDiffMarkdown(w, d) },
			"html": func(w io.Writer) error {
				content, err := page()
				if err != nil {
					return err
				}
				return graphpage.WriteDiff(w, content)
			},
		},
	}
}

// DiffForms lists the forms of ReleaseDiff beside those of every document.
func DiffForms() []string { return []string{"html", "markdown", "wide"} }

// diffText writes a ReleaseDiff as text.
type diffText struct {
	*v1alpha1.ReleaseDiff
	w     io.Writer
	style Style
	wide  bool
}

func (d *diffText) write() error {
	d.head()
	if d.Impact != nil {
		d.impact()
		return nil
	}
	d.values("Metadata", d.Metadata)
	d.values("Component Versions", d.Versions)
	d.images("Images Changed", d.Images.Changed)
	d.images("Images Rebuilt", d.Images.Rebuilt)
	d.images("Images Added", d.Images.Added)
	d.images("Images Removed", d.Images.Removed)
	d.files()
	d.objects()
	return nil
}

// line writes one line.
func (d *diffText) line(format string, args ...any) { fmt.Fprintf(d.w, format+"\n", args...) }

// head writes the versions and whether the update is possible, in the form of oc.
func (d *diffText) head() {
	t := tabwriter.NewWriter(d.w, 0, 4, 2, ' ', 0)
	fmt.Fprintf(t, "\tFROM\tTO\n")
	fmt.Fprintf(t, "Version:\t%s\t%s\n", orNone(SafeLine(d.From.Version)), orNone(SafeLine(d.To.Version)))
	if d.Reachable != nil {
		answer := "No"
		if *d.Reachable {
			answer = "Yes"
		}
		fmt.Fprintf(t, "Upgrade From:\t\t%s\n", answer)
	}
	t.Flush()
}

// values writes a section of values.
func (d *diffText) values(title string, values []v1alpha1.ValueDiff) {
	if len(values) == 0 {
		return
	}
	d.line("\n%s:", title)
	width := longest(values, func(v v1alpha1.ValueDiff) string { return v.Name })
	for _, v := range values {
		d.line("  %-*s  %s", width, SafeLine(v.Name), d.change(v.From != "", v.To != "", SafeLine(v.From), SafeLine(v.To)))
	}
}

// change writes a value that was added, removed or changed, in the color of that.
func (d *diffText) change(had, has bool, from, to string) string {
	switch {
	case !had:
		return d.colored(green, "+ "+to)
	case !has:
		return d.colored(red, "- "+from)
	}
	return d.colored(yellow, "±") + " " + d.colored(red, from) + " → " + d.colored(green, to)
}

// images writes a section of images. The digests are in the columns that oc has.
func (d *diffText) images(title string, images []v1alpha1.ImageDiff) {
	if len(images) == 0 {
		return
	}
	d.line("\n%s:", title)
	names := longest(images, func(i v1alpha1.ImageDiff) string { return i.Name })
	short := d.shortens(images, names)
	for _, i := range images {
		cells := []string{fmt.Sprintf("%-*s", names, SafeLine(i.Name))}
		if i.From != nil && i.To != nil {
			cells = append(cells, d.colored(red, digestCell(i.From, short)))
		}
		if i.To != nil {
			cells = append(cells, d.colored(green, digestCell(i.To, short)))
		}
		if link := i.Compare; d.wide {
			if link == "" {
				link = i.Repository
			}
			cells = append(cells, SafeLine(link))
		}
		d.line("%s", strings.TrimRight("  "+strings.Join(cells, "  "), " "))
	}
}

// shortens reports whether the digests of images are shortened because they do not fit the terminal.
func (d *diffText) shortens(images []v1alpha1.ImageDiff, names int) bool {
	columns := 1
	if images[0].From != nil {
		columns = 2
	}
	const digest = len("sha256:") + 64
	return !d.wide && d.style.Width > 0 && 2+names+columns*(2+digest) > d.style.Width
}

func digestCell(s *v1alpha1.ImageSource, short bool) string {
	switch {
	case s.Digest == "":
		return SafeLine(s.Image)
	case short:
		return s.Digest[:shortDigest]
	}
	return s.Digest
}

// files writes how many files differ, and with wide their names.
func (d *diffText) files() {
	if d.Files == nil {
		return
	}
	f := d.Files
	if len(f.Changed)+len(f.Added)+len(f.Removed) == 0 {
		return
	}
	d.line("\nFiles: %d changed, %d added, %d removed", len(f.Changed), len(f.Added), len(f.Removed))
	if !d.wide {
		return
	}
	for _, group := range []struct {
		sign, color string
		names       []string
	}{{"±", yellow, f.Changed}, {"+", green, f.Added}, {"-", red, f.Removed}} {
		for _, name := range group.names {
			d.line("  %s", d.colored(group.color, group.sign+" "+SafeLine(name)))
		}
	}
}

// objects writes the objects that differ, each with the paths of its values.
func (d *diffText) objects() {
	if len(d.Objects) == 0 && d.Folded == 0 {
		return
	}
	d.line("\nObjects:")
	for _, o := range d.Objects {
		d.object(o)
	}
	if d.Folded > 0 {
		d.line("  %s only in image digests and versions, which --full shows", differing(d.Folded, len(d.Objects) > 0))
	}
}

// differing returns "1 object differs", "2 objects differ", or "2 more differ" below a list.
func differing(n int, below bool) string {
	what, verb := plural(n, "object"), "differ"
	if below {
		what = fmt.Sprintf("%d more", n)
	}
	if n == 1 {
		verb = "differs"
	}
	return what + " " + verb
}

func (d *diffText) object(o v1alpha1.ObjectDiff) {
	sign, color := "±", yellow
	switch o.Change {
	case "added":
		sign, color = "+", green
	case "removed":
		sign, color = "-", red
	case "moved":
		sign = "→"
	}
	name := placeOf(o.Object)
	file := SafeLine(o.File)
	if o.FromFile != "" {
		file = SafeLine(o.FromFile) + " → " + file
	}
	d.line("  %s  (%s)", d.colored(color, sign+" "+name), file)
	for _, p := range o.Paths {
		d.line("      %s", d.colored(bold, SafeLine(p.Path)))
		d.path(p)
	}
}

// path writes the values of a path, below its heading.
func (d *diffText) path(p v1alpha1.PathDiff) {
	const indent = "        "
	if from, to, ok := pathtext.Short(p); ok {
		d.line("%s%s", indent, d.change(true, true, from, to))
		return
	}
	for _, line := range pathtext.Lines(p) {
		switch line.Sign {
		case "-":
			d.line("%s%s", indent, d.colored(red, strings.TrimRight("- "+line.Text, " ")))
		case "+":
			d.line("%s%s", indent, d.colored(green, strings.TrimRight("+ "+line.Text, " ")))
		default:
			d.line("%s", strings.TrimRight(indent+"  "+line.Text, " "))
		}
	}
}

// placeOf returns an object as KIND/NAME in NAMESPACE.
func placeOf(o v1alpha1.ObjectReference) string {
	if o.Namespace == "" {
		return SafeLine(objectName(o))
	}
	return SafeLine(objectName(o) + " in " + o.Namespace)
}

// longest returns the length of the longest name in characters.
func longest[T any](list []T, name func(T) string) int {
	n := 0
	for _, item := range list {
		n = max(n, utf8.RuneCountInString(SafeLine(name(item))))
	}
	return n
}

// The colors of a diff, as ANSI codes.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	bold   = "1"
)

// colored returns a text that is safe on a terminal in a color.
func (d *diffText) colored(color, text string) string { return d.style.colored(color, text) }

func (s Style) colored(color, text string) string {
	if !s.Color || text == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}
