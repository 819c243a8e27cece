package printers

import (
	"fmt"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/diff/impact"
	"github.com/release-x/oc-release-x/pkg/printers/markdown"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// impact writes what the update means for a cluster, by severity, and how much differs.
func (d *diffText) impact() {
	width := longest(d.Impact, func(i v1alpha1.Impact) string { return i.Kind })
	for _, severity := range impact.Severities() {
		title, color := severityTitle(severity)
		for _, i := range d.Impact {
			if i.Severity != string(severity) {
				continue
			}
			if title != "" {
				d.line("\n%s:", d.colored(color, title))
				title = ""
			}
			d.finding(i, width)
		}
	}
	if len(d.Impact) == 0 {
		d.line("\nNo impact was found.")
	}
	if summary := d.summary(); summary != "" {
		d.line("\n%s; diff without --impact shows more", summary)
	}
}

func severityTitle(s impact.Severity) (title, color string) {
	switch s {
	case impact.Blocker:
		return "Blockers", red
	case impact.Warning:
		return "Warnings", yellow
	}
	return "Information", bold
}

// finding writes one line, and the command in a line of its own.
func (d *diffText) finding(i v1alpha1.Impact, width int) {
	file := ""
	if d.wide {
		file = "  (" + SafeLine(i.File) + ")"
	}
	d.line("  %-*s  %s: %s%s", width, i.Kind, d.colored(bold, placeOf(i.Object)), SafeLine(i.Message), file)
	if i.Remedy != "" {
		d.line("      %s", SafeLine(i.Remedy))
	}
}

// summary counts what differs, empty if nothing does.
func (d *diffText) summary() string {
	var parts []string
	total := 0
	count := func(n int, noun string) {
		if total += n; n > 0 {
			parts = append(parts, plural(n, noun))
		}
	}
	images := d.Images
	count(len(images.Changed)+len(images.Rebuilt)+len(images.Added)+len(images.Removed), "image")
	if f := d.Files; f != nil {
		count(len(f.Changed)+len(f.Added)+len(f.Removed), "file")
	}
	count(len(d.Objects)+d.Folded, "object")
	if total == 0 {
		return ""
	}
	verb := "differ"
	if total == 1 {
		verb = "differs"
	}
	if last := len(parts) - 1; last > 0 {
		return fmt.Sprintf("%s and %s %s", strings.Join(parts[:last], ", "), parts[last], verb)
	}
	return parts[0] + " " + verb
}

// impact writes what the update means for a cluster as a table for each severity.
func (m *diffMarkdown) impact() {
	if m.Impact != nil && len(m.Impact) == 0 {
		m.heading("Impact")
		m.write("No impact was found.\n")
	}
	for _, severity := range impact.Severities() {
		title, _ := severityTitle(severity)
		for _, i := range m.Impact {
			if i.Severity != string(severity) {
				continue
			}
			if title != "" {
				m.heading(title)
				m.write("%s", markdown.Head("Kind", "Object", "Namespace", "Impact"))
				title = ""
			}
			message := markdown.Prose(i.Message)
			if i.Remedy != "" {
				message += "<br>" + markdown.Code(i.Remedy)
			}
			m.write("%s", markdown.Row(i.Kind, markdown.Code(objectName(i.Object)), markdown.Code(i.Object.Namespace), message))
		}
	}
}
