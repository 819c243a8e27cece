package printers

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/release-x/oc-release-x/internal/shellword"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// MirrorPlan returns the view of what would be copied: a table, or with mapping a line SOURCE=TARGET for each tag.
func MirrorPlan(p *v1alpha1.MirrorPlan) View {
	return View{Document: p, Table: func() Table { return mirrorTable(p) }, Lines: map[string]func() []string{"mapping": func() []string {
		lines := make([]string, 0, len(p.Images))
		for _, image := range p.Images {
			lines = append(lines, image.Source+"="+image.Target)
		}
		return lines
	}}}
}

func mirrorTable(p *v1alpha1.MirrorPlan) Table {
	t := Table{Columns: []Column{{Name: "Type"}, {Name: "Size"}, {Name: "Target", Wrap: true}, {Name: "Digest", Wide: true}, {Name: "Source", Wide: true}}}
	for _, image := range p.Images {
		t.Rows = append(t.Rows, []any{image.Type, Size(image.Size), image.Target, image.Digest, image.Source})
	}
	total := plural(p.Blobs, "blob") + ", each counted once"
	if p.Parts > 0 {
		total += ", in " + plural(p.Parts, "part")
	}
	t.Rows = append(t.Rows, []any{"total", Size(p.Size), total, "", ""})
	return t
}

// MirrorResult returns the view of what was copied: a summary, or with mapping the given lines.
func MirrorResult(r *v1alpha1.MirrorResult, mapping []string) View {
	return View{Document: r, Text: func(w io.Writer) error { return writeMirrorResult(w, r) }, Lines: map[string]func() []string{"mapping": func() []string { return mapping }}}
}

func writeMirrorResult(w io.Writer, r *v1alpha1.MirrorResult) error {
	var b strings.Builder
	what := "Copied"
	if len(r.MissingParts) > 0 {
		what = "Copied blobs of"
	}
	for _, release := range r.Releases {
		fmt.Fprintf(&b, "%s %s to %s\n", what, SafeLine(release.Version), SafeLine(release.Target))
	}
	switch n := len(r.Parts); n {
	case 0:
	case 1:
		fmt.Fprintf(&b, "  Parts:       %s\n", SafeLine(r.Parts[0]))
	default:
		fmt.Fprintf(&b, "  Parts:       %d, %s to %s\n", n, SafeLine(r.Parts[0]), SafeLine(r.Parts[n-1]))
	}
	if len(r.MissingParts) == 0 {
		fmt.Fprintf(&b, "  Images:      %d, and %s\n", r.Images, plural(r.Signatures, "signature"))
	}
	fmt.Fprintf(&b, "  Manifests:   %d copied, %d were there\n", r.Manifests.Copied, r.Manifests.Present)
	fmt.Fprintf(&b, "  Blobs:       %d copied (%s), %d were there (%s)\n", r.Blobs.Copied, Size(r.Blobs.CopiedSize), r.Blobs.Present, Size(r.Blobs.PresentSize))
	fmt.Fprintf(&b, "  Time:        %s\n", duration.HumanDuration(time.Duration(r.Seconds*float64(time.Second))))
	switch {
	case r.SkippedSignatures:
		b.WriteString("  Signatures:  left out (--skip-signatures)\n")
	case len(r.MissingSignatures) > 0:
		b.WriteString("  Missing signatures:\n")
		for _, missing := range r.MissingSignatures {
			fmt.Fprintf(&b, "    %s\n", SafeLine(missing))
		}
	}
	b.WriteString("Not copied: boot images and operator catalogs, which no release image contains\n")
	if r.ClusterFiles != nil {
		writeClusterFiles(&b, r.ClusterFiles)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeClusterFiles names the files for clusters, and the next step.
func writeClusterFiles(b *strings.Builder, f *v1alpha1.ClusterFiles) {
	path := func(name string) string { return filepath.Join(f.Directory, name) }
	apply := func(mirrors string) string {
		words := []string{"oc", "apply", "-f", path(mirrors)}
		if slices.ContainsFunc(f.Files, func(name string) bool { return strings.HasPrefix(name, "signatures/") }) {
			words = append(words, "-f", path("signatures"))
		}
		return SafeLine(shellword.Join(words...))
	}
	fmt.Fprintf(b, "Files for clusters are in %s\n", SafeLine(f.Directory))
	fmt.Fprintf(b, "  A cluster that runs:  %s\n", apply("idms.yaml"))
	if slices.Contains(f.Files, "icsp.yaml") {
		fmt.Fprintf(b, "  One before 4.13:      %s\n", apply("icsp.yaml"))
	}
	fmt.Fprintf(b, "  A new cluster:        add %s to its install-config.yaml\n", SafeLine(path("install-config.yaml")))
}
