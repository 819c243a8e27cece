// Package testrelease builds small release images, so that tests need no network and no literals:
// what oc would have made for the same components and manifests, or anything broken that a test asks for.
//
// Everything is deterministic: fixed times, sorted references, a pinned compressor.
package testrelease

import (
	"slices"
	"time"
)

// Created is the time of everything in a release, so that the same release has the same digest.
func Created() time.Time { return time.Date(2023, 10, 31, 12, 0, 0, 0, time.UTC) }

// Compression is how a layer is packed.
type Compression string

// The compressions that registries hold.
const (
	Gzip Compression = "gzip"
	Zstd Compression = "zstd"
	None Compression = "none"
)

// Builder collects what a release is made of. Its methods change it and return it; Build may be called more than once.
type Builder struct {
	version       string
	components    []Component
	previous      []string
	url           string
	references    []byte // nil: made of the components
	metadata      []byte // nil: made of version, previous and url
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
	mediaTypes    bool // false: layers carry a media type of another compression
	labels        map[string]string
	architectures []string
	list          bool
	listEntries   []Descriptor
	hooks         []hook
}

// New starts a release that holds image-references and release-metadata for a version, for amd64, in gzip layers with OCI media types.
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

// Clone is a copy that can be changed without changing b.
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
	c.labels = map[string]string{}
	for k, v := range b.labels {
		c.labels[k] = v
	}
	return &c
}

// WithComponent adds a component: its image gets a pull spec derived from the name unless an option says otherwise.
func (b *Builder) WithComponent(name string, options ...ComponentOption) *Builder {
	b.components = append(b.components, newComponent(name, options))
	return b
}

// WithPrevious sets the versions from which an update leads here.
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

// WithOperatorManifest adds a file to /manifests, the operator's own folder in a lower layer.
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

// Without leaves a file (image-references or release-metadata) out of release-manifests.
func (b *Builder) Without(name string) *Builder {
	b.without = append(b.without, name)
	return b
}
