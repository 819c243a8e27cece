package printers

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Summary is what the text of `info` shows about a release besides its components. Empty fields are omitted.
type Summary struct {
	Digest   string // of the manifest list, if there is one
	Created  string
	Platform string // linux/amd64, or multi (linux/amd64)
	PullFrom string // pull spec by digest
	Release  *payload.Release
	Width    int   // columns of the terminal; digests that do not fit are shortened; 0 for full digests
	Sizes    Sizes // for InfoSizes
}

// The columns that Info can show for each image.
const (
	InfoDigests    = "digests"
	InfoPullSpecs  = "pullspecs"
	InfoCommits    = "commits"
	InfoCommitURLs = "commit-urls"
	InfoSizes      = "size"
)

// Info writes the summary with the same sections as `oc adm release info`.
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
		// oc also counts the directory as a file that is not a manifest.
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

// digestsEnd returns the column in which full digests of images end.
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

// commitURL returns the page of a commit on GitHub, for other hosts that of the repository.
func commitURL(repository, commit string) string {
	if commit == "" || !strings.HasPrefix(repository, "https://github.com/") {
		return repository
	}
	return strings.TrimSuffix(repository, "/") + "/commit/" + commit
}

// maxLetters is the number of base images up to which they are shown as letters, each in its own column.
const maxLetters = 5

// Sizes are the sizes of component images for `info --size`.
type Sizes struct {
	Images map[string]ImageSize // by component; the row of a missing image is empty
	Now    time.Time            // for the ages of images
}

// ImageSize has the layers of an image and its age.
type ImageSize struct {
	Created time.Time        // zero if it is not known
	Layers  []oci.Descriptor // lowest first
}

// write writes a row for each component, and the total of all layers.
func (s Sizes) write(w io.Writer, components []payload.Component) {
	uses, bases, total := map[oci.Digest]int{}, map[oci.Digest]int{}, int64(0)
	for _, c := range components {
		found, ok := s.Images[c.Name]
		if !ok {
			continue
		}
		for i, layer := range found.Layers {
			if i == 0 && bases[layer.Digest] == 0 {
				bases[layer.Digest] = len(bases) + 1
			}
			if uses[layer.Digest] == 0 {
				total += layer.Size
			}
			uses[layer.Digest]++
		}
	}
	heading := ""
	if len(bases) > 1 {
		heading = "BASE"
	}
	fmt.Fprintf(w, "  NAME\t AGE\t LAYERS\t SIZE MB\t UNIQUE MB\t %s\n", heading)
	shown := map[oci.Digest]bool{}
	for _, c := range components {
		found, ok := s.Images[c.Name]
		if !ok {
			fmt.Fprintf(w, "  %s\t\t\t\t\t\n", SafeLine(c.Name))
			continue
		}
		size, unique := layerSizes(found.Layers, uses, shown)
		fmt.Fprintf(w, "  %s\t%4s\t%7d\t%8.1f\t%10.1f\t %s\n", SafeLine(c.Name), s.age(found), len(found.Layers),
			megabytes(size), megabytes(unique), baseName(found.Layers, bases))
	}
	fmt.Fprintf(w, "\n  %s across %d layers", shortSize(total), len(uses))
	if len(bases) > 1 {
		fmt.Fprintf(w, ", %d different base images", len(bases))
	}
	fmt.Fprintln(w)
}

func (s Sizes) age(c ImageSize) string {
	if c.Created.IsZero() {
		return ""
	}
	return duration.ShortHumanDuration(s.Now.Sub(c.Created))
}

// layerSizes returns the size of an image and the size of the layers that no other image has. If it has no such layers, its top
// layer counts, unless an earlier image has the same top layer.
func layerSizes(layers []oci.Descriptor, uses map[oci.Digest]int, shown map[oci.Digest]bool) (size, unique int64) {
	for _, layer := range layers {
		size += layer.Size
		if uses[layer.Digest] == 1 {
			unique += layer.Size
		}
	}
	if unique > 0 || len(layers) == 0 {
		return size, unique
	}
	top := layers[len(layers)-1]
	if !shown[top.Digest] {
		shown[top.Digest] = true
		unique = top.Size
	}
	return size, unique
}

// baseName returns a name for the lowest layer of an image if images have different ones: a letter, or a number if there are
// many.
func baseName(layers []oci.Descriptor, bases map[oci.Digest]int) string {
	switch {
	case len(bases) < 2 || len(layers) == 0:
		return ""
	case len(bases) > maxLetters:
		return strconv.Itoa(bases[layers[0].Digest])
	}
	at := bases[layers[0].Digest] - 1
	return strings.Repeat(" ", at) + string(rune('A'+at))
}

func megabytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// shortSize formats a number of bytes with four digits in decimal units: 1.071MB.
func shortSize(bytes int64) string {
	value, units := float64(bytes), []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	at := 0
	for value >= 1000 && at < len(units)-1 {
		value /= 1000
		at++
	}
	return fmt.Sprintf("%.4g%s", value, units[at])
}
