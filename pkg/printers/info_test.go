package printers

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// sizesOf makes images of layers, which are written as NAME:MEGABYTES.
func sizesOf(now time.Time, images map[string]map[string]int64, order map[string][]string) Sizes {
	sizes := Sizes{Images: map[string]ImageSize{}, Now: now}
	for name, layers := range images {
		size := ImageSize{Created: now.Add(-50 * time.Hour)}
		for _, layer := range order[name] {
			size.Layers = append(size.Layers, oci.Descriptor{Digest: digest.FromString(layer), Size: layers[layer] << 20})
		}
		sizes.Images[name] = size
	}
	return sizes
}

// Images with other lowest layers have other bases. An image without a layer of its own counts its top layer, once.
func TestSizes(t *testing.T) {
	now := time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)
	sizes := sizesOf(now,
		map[string]map[string]int64{"a": {"base": 10, "a": 5}, "b": {"base": 10, "shared": 3}, "c": {"base": 10, "shared": 3}, "d": {"other": 1}, "e": {}},
		map[string][]string{"a": {"base", "a"}, "b": {"base", "shared"}, "c": {"base", "shared"}, "d": {"other"}})
	components := []payload.Component{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}, {Name: "e"}, {Name: "missing"}}
	var got strings.Builder
	if err := Info(&got, Summary{Release: &payload.Release{References: &payload.References{}, Components: components}, Sizes: sizes}, InfoSizes); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(got.String()) {
		lines = append(lines, strings.TrimRight(line, " \n"))
	}
	want := `
Images:
  NAME     AGE  LAYERS  SIZE MB  UNIQUE MB  BASE
  a         2d       2     15.0        5.0  A
  b         2d       2     13.0        3.0  A
  c         2d       2     13.0        0.0  A
  d         2d       1      1.0        1.0   B
  e         2d       0      0.0        0.0
  missing

  19.92MB across 4 layers, 2 different base images
`
	if diff := cmp.Diff(want, strings.Join(lines, "\n")); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}

func TestShortSize(t *testing.T) {
	for bytes, want := range map[int64]string{0: "0B", 999: "999B", 1000: "1kB", 1071234: "1.071MB", 12345678901: "12.35GB"} {
		if got := shortSize(bytes); got != want {
			t.Errorf("%d: %s, want %s", bytes, got, want)
		}
	}
}
