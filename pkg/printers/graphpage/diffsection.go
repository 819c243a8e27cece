package graphpage

import (
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/diff/impact"
	"github.com/release-x/oc-release-x/pkg/printers/safe"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// impactSection has the findings of a severity.
type impactSection struct {
	Class, Title string
	Blocks       bool
	Findings     []finding
}

// finding is one thing that the update means for a cluster.
type finding struct {
	Class, Kind, Namespace, Message, Remedy string

	Object, File []string // in parts between which a line may break
}

// impactSections returns a section for each severity that occurs, the highest first.
func impactSections(findings []v1alpha1.Impact) []impactSection {
	var sections []impactSection
	for _, s := range []struct {
		severity     impact.Severity
		class, title string
	}{{impact.Blocker, "d-removed", "Blockers"}, {impact.Warning, "d-changed", "Warnings"}, {impact.Info, "d-moved", "Information"}} {
		section := impactSection{Class: s.class, Title: s.title, Blocks: s.severity == impact.Blocker}
		for _, i := range findings {
			if i.Severity != string(s.severity) {
				continue
			}
			section.Findings = append(section.Findings, finding{
				Class: s.class, Kind: safe.Line(i.Kind), Namespace: safe.Line(i.Object.Namespace), Message: safe.Line(i.Message), Remedy: safe.Line(i.Remedy),
				Object: cut(safe.Line(i.Object.Kind+" "+strings.TrimSpace(i.Object.Name)), ".:-"), File: cut(safe.Line(i.File), "_/"),
			})
		}
		if len(section.Findings) > 0 {
			sections = append(sections, section)
		}
	}
	return sections
}

// valueSection is a section of values that differ.
type valueSection struct {
	ID, Title string
	Values    []v1alpha1.ValueDiff
}

func valueSections(d *v1alpha1.ReleaseDiff) []valueSection {
	sections := []valueSection{{"versions", "Component versions", safeValues(d.Versions)}, {"metadata", "Release metadata", safeValues(d.Metadata)}}
	return slices.DeleteFunc(sections, func(s valueSection) bool { return len(s.Values) == 0 })
}

func safeValues(values []v1alpha1.ValueDiff) []v1alpha1.ValueDiff {
	list := make([]v1alpha1.ValueDiff, 0, len(values))
	for _, v := range values {
		list = append(list, v1alpha1.ValueDiff{Name: safe.Line(v.Name), From: safe.Line(v.From), To: safe.Line(v.To)})
	}
	return list
}

// imageSection is a section of images that differ.
type imageSection struct {
	Class, Title string
	Rows         []imageRow
}

type imageRow struct {
	Name             []string
	From, To         string
	Source           []string
	Link             string // of GitHub; empty if there are no commits to compare
	FromFull, ToFull string
}

func imageSections(d *v1alpha1.ReleaseDiff) []imageSection {
	var sections []imageSection
	for _, s := range []struct {
		class, title string
		images       []v1alpha1.ImageDiff
	}{
		{"d-changed", "Changed", d.Images.Changed},
		{"d-folded", "Rebuilt from the same commit", d.Images.Rebuilt},
		{"d-added", "Added", d.Images.Added},
		{"d-removed", "Removed", d.Images.Removed},
	} {
		if len(s.images) == 0 {
			continue
		}
		section := imageSection{Class: s.class, Title: s.title}
		for _, i := range s.images {
			section.Rows = append(section.Rows, newImageRow(i))
		}
		sections = append(sections, section)
	}
	return sections
}

func newImageRow(i v1alpha1.ImageDiff) imageRow {
	row := imageRow{Name: cut(safe.Line(i.Name), "-"), Source: cut(safe.Line(i.Repository), "/"), Link: i.Compare}
	row.From, row.FromFull = digestTexts(i.From)
	row.To, row.ToFull = digestTexts(i.To)
	return row
}

// digestTexts returns a digest, shortened and as a whole, or the pull spec of an image without one.
func digestTexts(s *v1alpha1.ImageSource) (short, full string) {
	const length = len("sha256:") + 12
	switch {
	case s == nil:
		return "", ""
	case s.Digest == "":
		return safe.Line(s.Image), safe.Line(s.Image)
	}
	return safe.Line(s.Digest[:min(len(s.Digest), length)]), safe.Line(s.Digest)
}

// diffFile is a file that differs.
type diffFile struct {
	Class, Change string
	Name          []string
}

func diffFiles(f *v1alpha1.FileDiffs) []diffFile {
	var files []diffFile
	for _, group := range []struct {
		class, change string
		names         []string
	}{{"d-changed", "changed", f.Changed}, {"d-added", "added", f.Added}, {"d-removed", "removed", f.Removed}} {
		for _, name := range group.names {
			files = append(files, diffFile{group.class, group.change, cut(safe.Line(name), "_/")})
		}
	}
	return files
}
