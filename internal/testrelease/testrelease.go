// Package testrelease builds small release images for tests: the same as oc builds for the components and manifests, or broken in
// the way that a test needs. The same release always has the same digest: times are fixed and references are sorted.
package testrelease

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Created is the time of all files and images.
func Created() time.Time { return time.Date(2023, 10, 31, 12, 0, 0, 0, time.UTC) }

// Compression is the compression of layers.
type Compression string

// The compressions.
const (
	Gzip Compression = "gzip"
	Zstd Compression = "zstd"
	None Compression = "none"
)

// Builder describes a release. Its methods change it and return it. Build may be called several times.
type Builder struct {
	version       string
	components    []Component
	previous      []string
	url           string
	references    []byte // nil: made from the components
	metadata      []byte // nil: made from version, previous and url
	without       []string
	operator      []Entry
	manifests     []Entry
	topEntries    []Entry
	base          [][]Entry
	above         [][]Entry
	squashed      bool
	tarHook       func([]byte) []byte
	compression   Compression
	docker        bool
	mediaTypes    bool // false: layers have the media type of another compression
	labels        map[string]string
	architectures []string
	list          bool
	listEntries   []Descriptor
	hooks         []hook
}

// New returns a release with image-references and release-metadata, for amd64, with gzip layers and OCI media types.
func New(version string) *Builder {
	return &Builder{
		version:       version,
		url:           "https://access.redhat.com/errata/RHSA-2023:5006",
		compression:   Gzip,
		mediaTypes:    true,
		labels:        map[string]string{"io.openshift.release": version},
		architectures: []string{"amd64"},
	}
}

// Clone returns a copy that can be changed without changing b.
func (b *Builder) Clone() *Builder {
	c := *b
	c.components = slices.Clone(b.components)
	c.without = slices.Clone(b.without)
	c.operator = slices.Clone(b.operator)
	c.manifests = slices.Clone(b.manifests)
	c.topEntries = slices.Clone(b.topEntries)
	c.base = slices.Clone(b.base)
	c.above = slices.Clone(b.above)
	c.listEntries = slices.Clone(b.listEntries)
	c.hooks = slices.Clone(b.hooks)
	c.labels = maps.Clone(b.labels)
	return &c
}

// WithComponent adds a component. Its default pull spec is ImageOf(name).
func (b *Builder) WithComponent(name string, options ...ComponentOption) *Builder {
	b.components = append(b.components, newComponent(name, options))
	return b
}

// WithPrevious sets the versions that can update to this one.
func (b *Builder) WithPrevious(versions ...string) *Builder {
	b.previous = versions
	return b
}

// WithURL sets the errata link of release-metadata.
func (b *Builder) WithURL(url string) *Builder {
	b.url = url
	return b
}

// WithManifest adds a file to release-manifests.
func (b *Builder) WithManifest(name, content string) *Builder {
	b.manifests = append(b.manifests, File("release-manifests/"+name, content))
	return b
}

// WithOperatorManifest adds a file to /manifests, the operator's own directory in a lower layer.
func (b *Builder) WithOperatorManifest(name, content string) *Builder {
	b.operator = append(b.operator, File("manifests/"+name, content))
	return b
}

// WithReferences sets the bytes of image-references.
func (b *Builder) WithReferences(raw string) *Builder {
	b.references = []byte(raw)
	return b
}

// WithMetadata sets the bytes of release-metadata.
func (b *Builder) WithMetadata(raw string) *Builder {
	b.metadata = []byte(raw)
	return b
}

// Without removes image-references or release-metadata from release-manifests.
func (b *Builder) Without(name string) *Builder {
	b.without = append(b.without, name)
	return b
}

// WithEntries adds tar entries at the end of the layer with release-manifests.
func (b *Builder) WithEntries(entries ...Entry) *Builder {
	b.topEntries = append(b.topEntries, entries...)
	return b
}

// WithBaseLayer adds a layer below those with manifests and above earlier base layers.
func (b *Builder) WithBaseLayer(entries ...Entry) *Builder {
	b.base = append(b.base, entries)
	return b
}

// WithLayerOnTop adds a layer above all others.
func (b *Builder) WithLayerOnTop(entries ...Entry) *Builder {
	b.above = append(b.above, entries)
	return b
}

// Squashed puts all entries in one layer.
func (b *Builder) Squashed() *Builder {
	b.squashed = true
	return b
}

// WithTar changes the tar archive of the layer with release-manifests before it is compressed.
func (b *Builder) WithTar(change func([]byte) []byte) *Builder {
	b.tarHook = change
	return b
}

// WithCompression sets the compression of all layers.
func (b *Builder) WithCompression(c Compression) *Builder {
	b.compression = c
	return b
}

// WithDockerMediaTypes uses Docker's media types instead of OCI's.
func (b *Builder) WithDockerMediaTypes() *Builder {
	b.docker = true
	return b
}

// WithMislabelledLayers gives layers the media type of another compression.
func (b *Builder) WithMislabelledLayers() *Builder {
	b.mediaTypes = false
	return b
}

// WithLabel sets a label of the image's config; an empty value removes it.
func (b *Builder) WithLabel(name, value string) *Builder {
	b.labels[name] = value
	return b
}

// WithArchitecture makes a single image for another architecture.
func (b *Builder) WithArchitecture(arch string) *Builder {
	b.architectures = []string{arch}
	return b
}

// WithList makes a manifest list with an image for each architecture.
func (b *Builder) WithList(architectures ...string) *Builder {
	b.architectures, b.list = architectures, true
	return b
}

// WithListEntry adds an entry at the end of the manifest list.
func (b *Builder) WithListEntry(d Descriptor) *Builder {
	b.listEntries = append(b.listEntries, d)
	return b
}

// Part identifies a blob or manifest of a release.
type Part string

// The parts that a release has once. See LayerPart for layers.
const (
	ConfigPart   Part = "config"
	ManifestPart Part = "manifest"
	ListPart     Part = "list"
	PayloadPart  Part = "payload" // the layer with release-manifests
)

// LayerPart is the layer of an index, counted from the lowest.
func LayerPart(index int) Part { return Part(fmt.Sprintf("layer %d", index)) }

type hook struct {
	part    Part
	content func([]byte) []byte
	stored  func([]byte) []byte
	entry   func(*Descriptor)
}

// WithContent changes a part before its digest is computed, so that the digest is right.
func (b *Builder) WithContent(part Part, change func([]byte) []byte) *Builder {
	b.hooks = append(b.hooks, hook{part: part, content: change})
	return b
}

// WithStored changes a part after its digest is computed, so that the digest is wrong.
func (b *Builder) WithStored(part Part, change func([]byte) []byte) *Builder {
	b.hooks = append(b.hooks, hook{part: part, stored: change})
	return b
}

// WithDescriptor changes the descriptor of a part in its parent.
func (b *Builder) WithDescriptor(part Part, change func(*Descriptor)) *Builder {
	b.hooks = append(b.hooks, hook{part: part, entry: change})
	return b
}
