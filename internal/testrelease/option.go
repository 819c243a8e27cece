package testrelease

import "fmt"

// WithEntries adds tar entries, of any kind, at the end of the layer that holds release-manifests.
func (b *Builder) WithEntries(entries ...Entry) *Builder {
	b.topEntries = append(b.topEntries, entries...)
	return b
}

// WithBaseLayer adds a layer under all others; the first one added lies lowest.
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

// WithTar changes the tar of the layer that holds release-manifests before it is compressed.
func (b *Builder) WithTar(change func([]byte) []byte) *Builder {
	b.tarHook = change
	return b
}

// WithCompression sets how all layers are packed.
func (b *Builder) WithCompression(c Compression) *Builder {
	b.compression = c
	return b
}

// WithDockerMediaTypes uses Docker's media types in place of OCI's.
func (b *Builder) WithDockerMediaTypes() *Builder {
	b.docker = true
	return b
}

// WithMislabelledLayers gives layers a media type of another compression.
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

// WithList makes a manifest list of one image an architecture.
func (b *Builder) WithList(architectures ...string) *Builder {
	b.architectures, b.list = architectures, true
	return b
}

// WithListEntry adds an entry at the end of the manifest list.
func (b *Builder) WithListEntry(d Descriptor) *Builder {
	b.listEntries = append(b.listEntries, d)
	return b
}

// Part names a blob of a release for the hooks.
type Part string

// The parts that are there once; layers are numbered from the lowest.
const (
	ConfigPart   Part = "config"
	ManifestPart Part = "manifest"
	ListPart     Part = "list"
	PayloadPart  Part = "payload" // the layer that holds release-manifests
)

// LayerPart is the layer with an index, counted from the lowest.
func LayerPart(index int) Part { return Part(fmt.Sprintf("layer %d", index)) }

type hook struct {
	part    Part
	content func([]byte) []byte
	stored  func([]byte) []byte
	entry   func(*Descriptor)
}

// WithContent changes a blob before its digest is computed: everything agrees afterwards.
func (b *Builder) WithContent(part Part, change func([]byte) []byte) *Builder {
	b.hooks = append(b.hooks, hook{part: part, content: change})
	return b
}

// WithStored changes what is stored under a blob's digest: the digest is then a lie.
func (b *Builder) WithStored(part Part, change func([]byte) []byte) *Builder {
	b.hooks = append(b.hooks, hook{part: part, stored: change})
	return b
}

// WithDescriptor changes what the parent says about a blob: its media type, digest, size, platform or annotations.
func (b *Builder) WithDescriptor(part Part, change func(*Descriptor)) *Builder {
	b.hooks = append(b.hooks, hook{part: part, entry: change})
	return b
}
