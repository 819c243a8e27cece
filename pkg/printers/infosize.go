package printers

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// fewBases is up to how many base images are shown as letters, each in a column of its own.
const fewBases = 5

// Sizes are what the text of info --size shows of the component images.
type Sizes struct {
	Images map[string]ImageSize // by component; an image that is missing here has an empty row
	Now    time.Time            // what ages are counted from
}

// ImageSize is what makes up the size of an image.
type ImageSize struct {
	Created time.Time        // zero when it is not known
	Layers  []oci.Descriptor // the lowest first
}

// write writes a row for every component, and what all layers are together.
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

// layerSizes is the size of an image, and of the layers that no other image has. For an image without such layers the top
// one counts, where it is the first that shows it.
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

// baseName marks the lowest layer of an image where images have different ones: a letter for each of a few, else a number.
func baseName(layers []oci.Descriptor, bases map[oci.Digest]int) string {
	switch {
	case len(bases) < 2 || len(layers) == 0:
		return ""
	case len(bases) > fewBases:
		return strconv.Itoa(bases[layers[0].Digest])
	}
	at := bases[layers[0].Digest] - 1
	return strings.Repeat(" ", at) + string(rune('A'+at))
}

func megabytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// shortSize is a number of bytes with four digits, in units of a thousand: 1.071MB.
func shortSize(bytes int64) string {
	value, units := float64(bytes), []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	at := 0
	for value >= 1000 && at < len(units)-1 {
		value /= 1000
		at++
	}
	return fmt.Sprintf("%.4g%s", value, units[at])
}
