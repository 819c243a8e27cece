// Package image opens a release in a registry, an OCI layout, an archive, a directory or a file, and reads its payload files.
// It returns nothing before it has verified all the bytes that it was read from.
package image

import (
	"context"
	"io"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// The two directories of a release image that hold its payload.
const (
	ReleaseDirectory  = "release-manifests"
	OperatorDirectory = "manifests"
)

// Image is a release that was resolved: everything that it returns belongs to the same digest. Close it after use.
type Image interface {
	// Close releases the files that the image has open. Nothing can be read afterwards.
	io.Closer
	// Identity says what was resolved. It reads nothing.
	Identity() Identity
	// Files reads the payload. It returns when every byte of every blob that it read is verified.
	// A source without manifests refuses a Want that needs them with fault.NotFound.
	Files(ctx context.Context, want Want) (payload.Files, error)
	// Config reads and verifies the image's configuration. It is nil, without an error, if the source has none.
	Config(ctx context.Context) (*Config, error)
}

// Deriver is an Image that remembers what was derived from its verified files, for the next time that the same digest is
// opened. Images without a cache remember nothing.
type Deriver interface {
	Derived(kind string, value any) bool
	KeepDerived(kind string, value any)
	// KeepsDerived reports whether KeepDerived keeps anything.
	KeepsDerived() bool
}

// Identity is what is known of a release before its layers are read.
type Identity struct {
	Reference  string         // as it was given
	Repository oci.Repository // zero if the source has none
	Tag        string         // the tag that was read; empty if the reference has none
	Digest     digest.Digest  // of the image's manifest; empty if the source has none
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
	// Contents reports whether the bytes of any other file are kept. directory is ReleaseDirectory or OperatorDirectory. Nil
	// keeps none.
	Contents func(directory, name string) bool
	// Relevant reports whether the bytes of a file that Contents chose stay in memory once they were read from a layer. Nil
	// keeps all. Directories ignore it.
	Relevant func(content []byte) bool
	// Take gets contents while a layer is read and before it is verified, so that they are not kept: those that Contents chose in
	// ReleaseDirectory, without the two files that describe a release. Nil keeps all. Do not use what it took if Files returns an
	// error. It reads content to its end; size is what the archive says. One goroutine at a time calls it.
	//
	// It may get files that Files does not return. It does not get contents that the cache has or keeps; Files returns those.
	Take func(name string, size int64, content io.Reader) error
	// Restart is called before a layer is read again because the cache had damaged bytes. Forget what Take got. It may be nil.
	Restart func()
	// Shared makes images that are read with the same value share the contents of files that do not differ. It may be nil.
	Shared *Shared
	// Operator also reads the directory /manifests, which is in a lower layer, so that more is fetched.
	Operator bool
}

// AllContents keeps every file.
func AllContents(string, string) bool { return true }

// needsManifests reports whether a source without manifests cannot serve it.
func (w Want) needsManifests() bool { return w.Contents != nil || w.Operator }

func (w Want) keeps(directory, name string) bool {
	if directory == ReleaseDirectory && isMetadata(name) {
		return true
	}
	return w.Contents != nil && w.Contents(directory, name)
}

// drops reports whether the bytes of a file are not kept after they were read.
func (w Want) drops(directory, name string, content []byte) bool {
	if directory == ReleaseDirectory && isMetadata(name) {
		return false
	}
	return !w.keeps(directory, name) || w.Relevant != nil && !w.Relevant(content)
}

// takes reports whether Take gets the content of a file that is kept.
func (w Want) takes(directory, name string) bool {
	return w.Take != nil && directory == ReleaseDirectory && !isMetadata(name)
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
