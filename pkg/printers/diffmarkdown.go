package printers

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"slices"

	"github.com/release-x/oc-release-x/pkg/printers/markdown"
	"github.com/release-x/oc-release-x/pkg/printers/pathtext"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// foldedRows is the number of rows from which a table of images is folded.
const foldedRows = 20

// diffMarkdown writes a ReleaseDiff as Markdown for pull requests.
type diffMarkdown struct {
	*v1alpha1.ReleaseDiff
	w io.Writer
}

func writeDiffMarkdown(w io.Writer, d *v1alpha1.ReleaseDiff) error {
	out := bufio.NewWriter(w)
	m := &diffMarkdown{ReleaseDiff: d, w: out}
	m.head()
	m.impact()
	m.values("Metadata", d.Metadata)
	m.values("Component versions", d.Versions)
	m.images("Images changed", d.Images.Changed)
	m.images("Images rebuilt", d.Images.Rebuilt)
	m.images("Images added", d.Images.Added)
	m.images("Images removed", d.Images.Removed)
	m.files()
	m.objects()
	return out.Flush()
}

func (m *diffMarkdown) write(format string, args ...any) { fmt.Fprintf(m.w, format, args...) }

func (m *diffMarkdown) head() {
	m.write("## Release %s → %s\n\n", markdown.Code(orNone(m.From.Version)), markdown.Code(orNone(m.To.Version)))
	m.write("%s", markdown.Head("", "From", "To"))
	for _, row := range []struct{ name, from, to string }{
		{"Image", m.From.Image, m.To.Image}, {"Architecture", m.From.Architecture, m.To.Architecture},
	} {
		if row.from != "" || row.to != "" {
			m.write("%s", markdown.Row(row.name, markdown.Code(row.from), markdown.Code(row.to)))
		}
	}
	if m.Reachable != nil {
		answer := "no"
		if *m.Reachable {
			answer = "yes"
		}
		m.write("%s", markdown.Row("Upgrade from", "", answer))
	}
}

// heading begins a section.
func (m *diffMarkdown) heading(title string) { m.write("\n### %s\n\n", title) }

func (m *diffMarkdown) values(title string, values []v1alpha1.ValueDiff) {
	if len(values) == 0 {
		return
	}
	m.heading(title)
	m.write("%s", markdown.Head("Name", "From", "To"))
	for _, v := range values {
		m.write("%s", markdown.Row(markdown.Code(v.Name), markdown.Code(v.From), markdown.Code(v.To)))
	}
}

func (m *diffMarkdown) images(title string, images []v1alpha1.ImageDiff) {
	if len(images) == 0 {
		return
	}
	m.heading(title)
	if len(images) >= foldedRows {
		m.write("<details><summary>%s</summary>\n\n", plural(len(images), "image"))
	}
	m.write("%s", markdown.Head("Name", "From", "To", "Source"))
	for _, i := range images {
		m.write("%s", markdown.Row(markdown.Code(i.Name), digestCode(i.From), digestCode(i.To), source(i)))
	}
	if len(images) >= foldedRows {
		m.write("\n</details>\n")
	}
}

// digestCode returns a shortened digest, or the pull spec of an image without one.
func digestCode(s *v1alpha1.ImageSource) string {
	if s == nil {
		return ""
	}
	return markdown.Code(digestCell(s, true))
}

// source returns a link to the commits between two images, or to the repository.
func source(i v1alpha1.ImageDiff) string {
	if i.Compare != "" {
		commits := regexp.MustCompile(`[^/]*$`).FindString(i.Compare)
		if i.From != nil && i.To != nil {
			commits = shortCommit(i.From.Commit) + "..." + shortCommit(i.To.Commit)
		}
		return markdown.Link(commits, i.Compare)
	}
	return markdown.Link(i.Repository, i.Repository)
}

// shortCommit returns the beginning of a commit, as git shows it.
func shortCommit(commit string) string { return commit[:min(len(commit), 9)] }

func (m *diffMarkdown) files() {
	if m.Files == nil || len(m.Files.Changed)+len(m.Files.Added)+len(m.Files.Removed) == 0 {
		return
	}
	m.heading("Files")
	m.write("<details><summary>%d changed, %d added, %d removed</summary>\n\n", len(m.Files.Changed), len(m.Files.Added), len(m.Files.Removed))
	var lines []string
	for _, group := range []struct {
		sign  string
		names []string
	}{{"! ", m.Files.Changed}, {"+ ", m.Files.Added}, {"- ", m.Files.Removed}} {
		for _, name := range group.names {
			lines = append(lines, group.sign+name)
		}
	}
	m.write("%s\n</details>\n", markdown.Block("diff", lines))
}

// objects writes the objects that were added, removed and moved as tables, and those that changed as folded blocks.
func (m *diffMarkdown) objects() {
	for _, section := range []struct{ title, change string }{{"Objects added", "added"}, {"Objects removed", "removed"}, {"Objects moved", "moved"}} {
		m.objectTable(section.title, section.change)
	}
	changed := slices.DeleteFunc(slices.Clone(m.Objects), func(o v1alpha1.ObjectDiff) bool { return o.Change != "changed" })
	if len(changed)+m.Folded == 0 {
		return
	}
	m.heading("Objects changed")
	for i, o := range changed {
		if i > 0 {
			m.write("\n")
		}
		m.object(o)
	}
	if m.Folded > 0 {
		if len(changed) > 0 {
			m.write("\n")
		}
		m.write("%s only in image digests and versions.\n", differing(m.Folded, len(changed) > 0))
	}
}

func (m *diffMarkdown) objectTable(title, change string) {
	first := true
	for _, o := range m.Objects {
		if o.Change != change {
			continue
		}
		if first {
			m.heading(title)
			m.write("%s", markdown.Head("Object", "Namespace", "File"))
			first = false
		}
		m.write("%s", markdown.Row(markdown.Code(objectName(o.Object)), markdown.Code(o.Object.Namespace), filesCode(o)))
	}
}

// filesCode returns the file of an object, and the one that it was in before.
func filesCode(o v1alpha1.ObjectDiff) string {
	if o.FromFile == "" {
		return markdown.Code(o.File)
	}
	return markdown.Code(o.FromFile) + " → " + markdown.Code(o.File)
}

func (m *diffMarkdown) object(o v1alpha1.ObjectDiff) {
	summary := markdown.HTMLCode(objectName(o.Object))
	if o.Object.Namespace != "" {
		summary += " in " + markdown.HTMLCode(o.Object.Namespace)
	}
	m.write("<details><summary>%s</summary>\n\n%s\n\n", summary, filesCode(o))
	var lines []string
	for _, p := range o.Paths {
		lines = append(lines, "@@ "+p.Path+" @@")
		for _, line := range pathtext.Lines(p) {
			sign := line.Sign
			if sign == "" {
				sign = " "
			}
			lines = append(lines, sign+" "+line.Text)
		}
	}
	if len(lines) > 0 {
		m.write("%s\n", markdown.Block("diff", lines))
	}
	m.write("</details>\n")
}
