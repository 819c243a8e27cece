// Package image finds a release wherever it lies (a registry, an OCI layout, an archive, a folder, a file) and reads
// its payload files from it. Nothing leaves this package before the bytes it came from were verified to the last one.
package image

import (
	"context"
	"io"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// The two folders of a release image that hold its payload.
const (
	ReleaseFolder  = "release-manifests"
	OperatorFolder = "manifests"
)

// Image is one release, resolved: everything that it returns belongs to the same digest. Close it after use.
type Image interface {
	// Close releases the files that the image has open. Nothing can be read afterwards.
	io.Closer
	// Identity says what was resolved. It reads nothing.
	Identity() Identity
	// Files reads the payload. Every byte of every blob that it read was verified before it returns.
	// A source without manifests refuses a Want that needs them with fault.NotFound.
	Files(ctx context.Context, want Want) (payload.Files, error)
	// Config is the image's configuration, verified; nil without an error where the source has none.
	Config(ctx context.Context) (*Config, error)
}

// Deriver is an Image that remembers what was derived from its verified files, for the next time that the same digest is
// opened. Images without a cache remember nothing.
type Deriver interface {
	Derived(kind string, value any) bool
	KeepDerived(kind string, value any)
}

// Identity is what is known of a release before its layers are read.
type Identity struct {
	Reference  string         // as it was given
	Repository oci.Repository // zero where the source knows none
	Tag        string         // the tag that was read; empty for a source that was named without one
	Digest     digest.Digest  // of the one image's manifest; empty where the source has none
	ListDigest digest.Digest  // of the manifest list from which the image was chosen; empty without one
	// Architecture is as in the image's configuration (amd64). It is known when the image was chosen from a list, when an
	// architecture was asked for, and when an info document says so.
	Architecture string
	OS           string // linux when Architecture is known
	// Image is what an info document says it was read from, empty for every other source.
	Image string
	// ManifestsKnown is false for a source that holds image-references and no manifests.
	ManifestsKnown bool
}

// Want says which files' bytes are kept in memory; names and sizes are always given. The zero Want keeps image-references
// and release-metadata alone.
type Want struct {
	// Contents says of every other file of a folder (ReleaseFolder or OperatorFolder) whether its bytes are kept; nil keeps none.
	Contents func(folder, name string) bool
	// Operator asks for the folder /manifests too, which lies in a lower layer: more is fetched.
	Operator bool
}

// AllContents keeps every file.
func AllContents(string, string) bool { return true }

// needsManifests says whether a source without manifests has to refuse.
func (w Want) needsManifests() bool { return w.Contents != nil || w.Operator }

func (w Want) keeps(folder, name string) bool {
	if folder == ReleaseFolder && isMetadata(name) {
		return true
	}
	return w.Contents != nil && w.Contents(folder, name)
}

func isMetadata(name string) bool {
	return name == payload.ReferencesName || name == payload.MetadataName
}

// Config is an image's configuration.
type Config struct {
	Raw          []byte        // the JSON as it is in the image, or under config in an info document
	Digest       digest.Digest // of Raw; empty for an info document
	LayerSize    int64         // bytes of all layers together, as their manifest says
	Created      time.Time     // zero when absent
	Architecture string
	OS           string
	Labels       map[string]string

	diffIDs []digest.Digest
}
