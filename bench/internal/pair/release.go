package pair

import (
	"fmt"
	"strings"

	"github.com/opencontainers/go-digest"
)

// The repositories of the source.
const (
	ReleaseRepository   = "openshift-release-dev/ocp-release"
	ComponentRepository = "openshift-release-dev/ocp-v4.0-art-dev"
)

// Release is a release at the source.
type Release struct {
	Version string
	Source  string // by tag
	Images  []Image
}

// Image is one image of a release: a component, or with an empty Name the release itself.
type Image struct {
	Name      string
	Source    string // by digest
	Digest    digest.Digest
	Signature digest.Digest // of the manifest with the signature; empty without one
	blobs     []descriptor  // of the image
	signed    []descriptor  // of the signature
}

// Tag is the tag of an image at the target, as that of `oc adm release mirror`.
func (r Release) Tag(i Image) string {
	return strings.TrimSuffix(r.Version+"-x86_64-"+i.Name, "-")
}

// Lines are the arguments of a copy of each image: source and target, each after prefix.
func (r Release) Lines(prefix, target string) string {
	var b strings.Builder
	for _, image := range r.Images {
		fmt.Fprintf(&b, "%s%s %s%s:%s\n", prefix, image.Source, prefix, target, r.Tag(image))
	}
	return b.String()
}

// SavedLines are the arguments of a copy of each image and signature from a layout that has them by tag: source and target.
func (r Release) SavedLines(layout, target string) string {
	var b strings.Builder
	for _, image := range r.Images {
		fmt.Fprintf(&b, "%s:%[2]s %[3]s:%[2]s\n", layout, r.Tag(image), target)
		if image.Signature != "" {
			fmt.Fprintf(&b, "%s:%[2]s %[3]s:%[2]s\n", layout, signatureTag(image.Digest), target)
		}
	}
	return b.String()
}

// Totals are sums over releases.
type Totals struct {
	Images, References int
	Blobs              int // unique
	Bytes              int64
	Signatures         int
}

// Sum adds up releases; what several have counts once. References are those of the images, not of their signatures.
func Sum(releases ...Release) Totals {
	var t Totals
	images, blobs := map[digest.Digest]bool{}, map[digest.Digest]bool{}
	for _, release := range releases {
		for _, image := range release.Images {
			if images[image.Digest] {
				continue
			}
			images[image.Digest] = true
			t.Images++
			if image.Signature != "" {
				t.Signatures++
			}
			t.References += len(image.blobs)
			for _, d := range image.blobs {
				if !blobs[d.Digest] {
					blobs[d.Digest] = true
					t.Blobs++
					t.Bytes += d.Size
				}
			}
		}
	}
	return t
}

// String describes the totals.
func (t Totals) String() string {
	text := fmt.Sprintf("%d images, %d references to %d blobs of %.1f MB", t.Images, t.References, t.Blobs, float64(t.Bytes)/1e6)
	if t.Signatures > 0 {
		text += fmt.Sprintf(", %d signatures", t.Signatures)
	}
	return text
}
