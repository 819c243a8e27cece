package image

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// files opens files by their names with slashes: of a directory, or of an archive. A name that is not there gives an error
// with fs.ErrNotExist in its chain.
type files interface {
	open(ctx context.Context, name string) (content io.ReadCloser, size int64, err error)
	io.Closer
}

// The annotations with which an OCI layout names its images: the specification's, and containerd's for the whole name.
const (
	annotationRefName   = "org.opencontainers.image.ref.name"
	annotationImageName = "io.containerd.image.name"
)

const layoutIndex = "index.json"

// layout is an OCI image layout (image-layout.md of the OCI image specification).
type layout struct {
	files   files
	entries []oci.Descriptor // of index.json
	index   []byte           // index.json
}

// openLayout opens an image of a layout. The image closes the layout's files; so does openLayout when it fails.
func (o Opener) openLayout(ctx context.Context, ref Reference, from files) (Image, error) {
	s, err := o.layoutImage(ctx, ref, from)
	if err != nil {
		_ = from.Close()
		return nil, err
	}
	return s, nil
}

func (o Opener) layoutImage(ctx context.Context, ref Reference, from files) (*stored, error) {
	l, err := readLayout(ctx, from)
	if err != nil {
		return nil, err
	}
	return o.imageOf(ctx, ref, l)
}

// imageOf opens the image of a layout that a reference names.
func (o Opener) imageOf(ctx context.Context, ref Reference, l layout) (*stored, error) {
	d, err := l.find(ctx, ref)
	if err != nil {
		return nil, err
	}
	root, err := (&resolver{source: l}).get(ctx, d)
	if err != nil {
		return nil, err
	}
	return o.openImage(ctx, ref, l, root)
}

// readLayout reads which images a layout has.
func readLayout(ctx context.Context, from files) (layout, error) {
	body, err := readFile(ctx, from, layoutIndex)
	if errors.Is(err, fs.ErrNotExist) {
		return layout{}, fault.Errorf(fault.NotFound, "not an OCI layout: it has no %s (a directory of manifests is dir:DIR)", layoutIndex)
	}
	if err != nil {
		return layout{}, err
	}
	index, err := parseManifest(body, "")
	if err != nil {
		return layout{}, fmt.Errorf("%s: %w", layoutIndex, err)
	}
	return layout{files: from, entries: index.Entries, index: body}, nil
}

// LayoutTags are the tags that the OCI layout in a directory gives its images, as the layout has them: no tag is checked.
// A directory that is no layout is fault.NotFound.
func LayoutTags(ctx context.Context, dir string) ([]string, error) {
	from, err := openDirFiles(dir)
	if err != nil {
		return nil, err
	}
	defer from.Close()
	l, err := readLayout(ctx, from)
	if err != nil {
		return nil, err
	}
	var tags []string
	for _, d := range l.images() {
		if tag := cmp.Or(d.Annotations[annotationRefName], d.Annotations[annotationImageName]); tag != "" {
			tags = append(tags, tag)
		}
	}
	return tags, nil
}

// images are the entries that may be images. One with several tags has several entries.
func (l layout) images() []oci.Descriptor {
	return slices.DeleteFunc(slices.Clone(l.entries), func(d oci.Descriptor) bool { return !isImage(d) })
}

// find returns the entry that a reference names, or the only one.
func (l layout) find(ctx context.Context, ref Reference) (oci.Descriptor, error) {
	if ref.Digest != "" {
		return l.findDigest(ctx, ref.Digest)
	}
	entries := l.images()
	if ref.Tag != "" {
		entries = slices.DeleteFunc(entries, func(d oci.Descriptor) bool { return !hasTag(d, ref.Tag) })
	}
	found := images(entries)
	if len(found) > 1 && ref.Tag == "" {
		found = l.releases(ctx, found)
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1 && ref.Tag != "":
		return oci.Descriptor{}, fault.Errorf(fault.Usage, "the tag %s is on %d images: name one by its digest, as in %s@%s", ref.Tag, len(found), strings.TrimSuffix(ref.Text, ":"+ref.Tag), found[0].Digest)
	case len(found) > 1:
		return oci.Descriptor{}, fault.Errorf(fault.Usage, "it holds %d images: add the tag of one, as in %s:TAG: %s", len(found), ref.Text, tagNames(found))
	case ref.Tag != "":
		return oci.Descriptor{}, fault.Errorf(fault.NotFound, "no image has the tag %s; it has %s", ref.Tag, tagNames(l.releases(ctx, l.images())))
	}
	return oci.Descriptor{}, fault.Errorf(fault.NotFound, "it holds no image")
}

// releases are the entries that are releases, because a layout that releases were copied to also has their components. They are all
// entries if none is a release.
func (l layout) releases(ctx context.Context, entries []oci.Descriptor) []oci.Descriptor {
	releases := slices.DeleteFunc(slices.Clone(entries), func(d oci.Descriptor) bool {
		is, err := l.isRelease(ctx, d)
		return err != nil || !is
	})
	if len(releases) == 0 {
		return entries
	}
	return releases
}

// isRelease reports whether an entry is a release image or a list of them: its configuration has their label.
func (l layout) isRelease(ctx context.Context, d oci.Descriptor) (bool, error) {
	r := &resolver{source: l}
	for range maxDepth {
		f, err := r.get(ctx, d)
		if _, other := errors.AsType[*oci.NotImageError](err); other {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if !f.List {
			if !oci.IsConfigType(f.Config.MediaType) {
				return false, nil
			}
			config := stored{config: blobOf(l, "the configuration", f.Config)}
			err := config.readConfig(ctx)
			return err == nil && config.parsed.Labels[releaseLabel] != "", err
		}
		entries := images(f.Entries)
		if len(entries) == 0 {
			return false, nil
		}
		d = entries[0]
	}
	return false, nil
}

// findDigest returns the entry with a digest, or else the manifest with the digest, which belongs to a list.
func (l layout) findDigest(ctx context.Context, wanted digest.Digest) (oci.Descriptor, error) {
	for _, d := range l.entries {
		if d.Digest == wanted {
			return d, nil
		}
	}
	d := oci.Descriptor{Digest: wanted, Size: -1}
	content, _, err := l.files.open(ctx, blobName(wanted))
	if errors.Is(err, fs.ErrNotExist) {
		return oci.Descriptor{}, fault.Errorf(fault.NotFound, "no image has the digest %s; it has %s", wanted, tagNames(l.releases(ctx, l.images())))
	}
	if err != nil {
		return oci.Descriptor{}, err
	}
	return d, content.Close()
}

func hasTag(d oci.Descriptor, tag string) bool {
	return d.Annotations[annotationRefName] == tag || d.Annotations[annotationImageName] == tag
}

// tagNames lists tags for an error, and the digests of images without tags.
func tagNames(entries []oci.Descriptor) string {
	var names []string
	for _, d := range entries {
		names = append(names, cmp.Or(d.Annotations[annotationRefName], d.Annotations[annotationImageName], "@"+string(d.Digest)))
	}
	return listNames(names)
}

// listNames sorts names for an error and shows the first of them.
func listNames(names []string) string {
	const most = 20
	slices.Sort(names)
	if names = slices.Compact(names); len(names) == 0 {
		return "none"
	}
	for i := range names {
		names[i] = brief(names[i])
	}
	if len(names) > most {
		names = append(names[:most:most], fmt.Sprintf("… %d more", len(names)-most))
	}
	return strings.Join(names, ", ")
}

func (l layout) manifest(ctx context.Context, d oci.Descriptor) ([]byte, string, string, error) {
	body, err := readFile(ctx, l.files, blobName(d.Digest))
	return body, "", "", l.missing(err)
}

func (l layout) blob(ctx context.Context, d oci.Descriptor) (io.ReadCloser, error) {
	content, _, err := l.files.open(ctx, blobName(d.Digest))
	return content, l.missing(err)
}

func (l layout) keep(digest.Digest, string, []byte) {}

func (l layout) close() error { return l.files.Close() }

func (l layout) missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Errorf(fault.NotFound, "it is not in the layout")
	}
	return err
}

func blobName(d digest.Digest) string { return "blobs/" + string(d.Algorithm()) + "/" + d.Encoded() }

// readFile reads a small file whole.
func readFile(ctx context.Context, from files, name string) ([]byte, error) {
	content, size, err := from.open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	if size > oci.MaxManifest {
		return nil, fault.Errorf(fault.Integrity, "%s has %d bytes, more than the %d that are read", name, size, oci.MaxManifest)
	}
	data, err := io.ReadAll(io.LimitReader(content, oci.MaxManifest+1))
	if err != nil {
		return nil, localError(err)
	}
	return data, nil
}
