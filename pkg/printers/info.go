package printers

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/release-x/oc-release-x/pkg/payload"
)

// Summary is what the text of the command info shows of a release beyond its components. Empty lines are
// left out.
type Summary struct {
	Digest   string // the list's where there is one
	Created  string
	Platform string // linux/amd64, or multi (linux/amd64)
	PullFrom string // pull spec by digest
	Release  *payload.Release
	Width    int   // columns of a terminal, in which long lists have short digests; 0 for whole ones
	Sizes    Sizes // for InfoSizes
}

// The columns that Info can show of each image.
const (
	InfoDigests    = "digests"
	InfoPullSpecs  = "pullspecs"
	InfoCommits    = "commits"
	InfoCommitURLs = "commit-urls"
	InfoSizes      = "size"
)

// Info writes the summary, section for section as `oc adm release info` does.
func Info(w io.Writer, s Summary, columns string) error {
	t := tabwriter.NewWriter(w, 0, 4, 1, ' ', 0)
	s.head(t)
	s.metadata(t)
	s.versions(t)
	s.images(t, columns)
	if len(s.Release.VersionWarnings) > 0 {
		fmt.Fprintln(t, "Warnings:")
		for _, warning := range s.Release.VersionWarnings {
			fmt.Fprintf(t, "  * %s\n", SafeLine(warning))
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

func (s Summary) head(w io.Writer) {
	line := func(label, value string) {
		if value != "" {
			fmt.Fprintf(w, "%s:\t%s\n", label, SafeLine(value))
		}
	}
	line("Name", s.Release.References.Name)
	line("Digest", s.Digest)
	line("Created", s.Created)
	line("OS/Arch", s.Platform)
	if s.Release.HasManifests {
		line("Manifests", fmt.Sprint(s.Release.Manifests))
		// oc counts the folder itself among the files that are no manifests.
		line("Metadata files", fmt.Sprint(s.Release.OtherFiles+1))
	}
	if s.PullFrom != "" {
		fmt.Fprintf(w, "\nPull From: %s\n", SafeLine(s.PullFrom))
	}
}

func (s Summary) metadata(w io.Writer) {
	m := s.Release.Metadata
	if m == nil {
		return
	}
	fmt.Fprintf(w, "\nRelease Metadata:\n  Version:\t%s\n", SafeLine(m.Version))
	upgrades := "<none>"
	if len(m.Previous) > 0 {
		upgrades = strings.Join(m.Upgrades(), ", ")
	}
	fmt.Fprintf(w, "  Upgrades:\t%s\n", SafeLine(upgrades))
	annotations := m.Annotations()
	if len(annotations) == 0 {
		return
	}
	fmt.Fprintln(w, "  Metadata:")
	for _, name := range slices.Sorted(maps.Keys(annotations)) {
		fmt.Fprintf(w, "    %s:\t%s\n", SafeLine(name), SafeLine(annotations[name]))
	}
}

func (s Summary) versions(w io.Writer) {
	if len(s.Release.Reported) == 0 {
		return
	}
	fmt.Fprintln(w, "\nComponent Versions:")
	for _, name := range slices.Sorted(maps.Keys(s.Release.Reported)) {
		v := s.Release.Reported[name]
		fmt.Fprintf(w, "  %s\t%s\t%s\n", name, v.Version, v.DisplayName)
	}
}

func (s Summary) images(w io.Writer, columns string) {
	fmt.Fprintln(w, "\nImages:")
	if columns == InfoSizes {
		s.Sizes.write(w, s.Release.Components)
		fmt.Fprintln(w)
		return
	}
	heading := map[string]string{
		InfoDigests: "DIGEST", InfoPullSpecs: "PULL SPEC", InfoCommits: "REPO\tCOMMIT\t", InfoCommitURLs: "URL\t",
	}[columns]
	fmt.Fprintf(w, "  NAME\t%s\n", heading)
	short := columns == InfoDigests && s.Width > 0 && s.digestsEnd() > s.Width
	for _, c := range s.Release.Components {
		shown := imageColumns(c, columns)
		if short && c.Digest != "" {
			shown = shown[:shortDigest]
		}
		fmt.Fprintf(w, "  %s\t%s\n", SafeLine(c.Name), shown)
	}
	fmt.Fprintln(w)
}

// digestsEnd is the column in which whole digests of images end.
func (s Summary) digestsEnd() int {
	names := 0
	for _, c := range s.Release.Components {
		names = max(names, utf8.RuneCountInString(SafeLine(c.Name)))
	}
	return len("  ") + names + 1 + len("sha256:") + 64
}

func imageColumns(c payload.Component, columns string) string {
	switch columns {
	case InfoPullSpecs:
		return SafeLine(c.Image)
	case InfoCommits:
		return SafeLine(c.Repository) + "\t" + SafeLine(c.Commit)
	case InfoCommitURLs:
		return SafeLine(commitURL(c.Repository, c.Commit))
	}
	if c.Digest != "" {
		return c.Digest.String()
	}
	return SafeLine(c.Image)
}

// commitURL is the page of a commit on GitHub; of other hosts the repository's.
func commitURL(repository, commit string) string {
	if commit == "" || !strings.HasPrefix(repository, "https://github.com/") {
		return repository
	}
	return strings.TrimSuffix(repository, "/") + "/commit/" + commit
}
