package mirror

import (
	"cmp"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Names of layouts.
const (
	LayoutOC       = "oc"        // that of `oc adm release mirror`
	LayoutOCMirror = "oc-mirror" // that of oc-mirror v2
)

// Layout decides where the images of releases go.
type Layout struct {
	Name string         // LayoutOC or LayoutOCMirror
	To   oci.Repository // for LayoutOCMirror the path may be empty; for an OCI layout the path is its name, without a host
	// ReleaseImage is where release images go; the zero value leaves it to the layout. Its tag is for one release only; without
	// a tag they have that of the layout.
	ReleaseImage oci.PullSpec
}

// Name is what a layout builds tags from.
type Name struct {
	Version string // 4.14.0
	Arch    string // as tags write it: x86_64, aarch64, ppc64le, s390x, multi
	// Tag is the tag by which the release was named at its source; empty for a digest. LayoutOCMirror keeps it.
	Tag string
	// Digest is that of the release image or of its manifest list.
	Digest oci.Digest
}

// String is VERSION-ARCH.
func (n Name) String() string { return n.Version + "-" + n.Arch }

// Release is the target of a release image. A tag that cannot be made is fault.Usage.
func (l Layout) Release(n Name) (oci.PullSpec, error) {
	repository := l.To
	if l.Name == LayoutOCMirror {
		repository = below(l.To, "openshift/release-images")
	}
	if !l.ReleaseImage.Repository.IsZero() {
		repository = l.ReleaseImage.Repository
	}
	return target(repository, cmp.Or(l.ReleaseImage.Tag, l.tag(n)))
}

// Component is the target of a component's image.
func (l Layout) Component(n Name, component string) (oci.PullSpec, error) {
	repository := l.To
	if l.Name == LayoutOCMirror {
		repository = below(l.To, "openshift/release")
	}
	return target(repository, l.tag(n)+"-"+component)
}

// tag is the tag of the release image (oc pkg/cli/admin/release/mirror.go; oc-mirror
// internal/pkg/release/local_stored_collector.go, prepareTag). A version may have a +, which tags may not.
func (l Layout) tag(n Name) string {
	if l.Name == LayoutOCMirror {
		if n.Tag != "" {
			return n.Tag
		}
		return n.Digest.Encoded()
	}
	return strings.ReplaceAll(n.String(), "+", "_")
}

func below(r oci.Repository, path string) oci.Repository {
	if r.Path != "" {
		path = r.Path + "/" + path
	}
	return oci.Repository{Host: r.Host, Path: path}
}

func target(r oci.Repository, tag string) (oci.PullSpec, error) {
	checked := r
	if r.Host == "" {
		checked = oci.Repository{Host: "localhost", Path: "layout"} // tags are the same everywhere
	}
	if _, err := oci.ParsePullSpec(checked.Tag(tag).String()); err != nil {
		return oci.PullSpec{}, fault.Errorf(fault.Usage, "%s cannot be a target: %w", r.Tag(tag), err)
	}
	return r.Tag(tag), nil
}
