// Package diff compares two releases: their images, component versions, files and objects. It is pure: bytes in, values out.
//
// [Compare] matches objects by identity and not by file, and parses only the documents whose text differs. Differences that every
// update has, image digests and version strings, are marked as folded, so that a reader can leave them out.
package diff

import (
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Side is one of the two releases.
type Side struct {
	Release *payload.Release
	// ReleaseImage is the pull spec with which the operator's manifests were rendered; empty if it is not known.
	ReleaseImage string
	// Files, Payload and Entries are the manifests. Payload is nil if the source has none; then only images are compared.
	Files   payload.Files
	Payload *manifest.Payload
	Entries []manifest.Entry
}

// Kind is how something differs.
type Kind string

// The kinds. Values, files and images have the first three.
const (
	Added   Kind = "added"
	Removed Kind = "removed"
	Changed Kind = "changed"
	Moved   Kind = "moved" // only the run level or the directory of an object
)

// Options say what is compared.
type Options struct {
	// Included compares only what a cluster would apply: the entries with the state included, and their parts of files.
	Included bool
	// Full lists all values that differ. Without it, objects that differ only in image digests and versions may have no list.
	Full bool
}

// Result is what differs between two releases. Lists are sorted.
type Result struct {
	Old, New string // the versions
	// Reachable is true if the new release lists the old one among the versions that can update to it, nil if it has no list.
	Reachable *bool
	Metadata  []Value // entries of release-metadata, such as url
	Images    Images
	Versions  []Value // component versions; all values of a release with commas between them

	HasManifests bool // both sides have manifests; else the fields below are empty
	Files        Files
	Objects      []Object // what differs, in the order of the operator
	// Pairs has all objects that were compared, also those that do not differ.
	Pairs []Pair
	// Parsed is the number of documents that had to be parsed.
	Parsed int
}

// Value is a value that differs, empty in a release that does not have it.
type Value struct{ Name, Old, New string }

// Compare compares two releases. An error is about a document that cannot be read or exceeds a limit.
func Compare(old, new Side, o Options) (*Result, error) {
	r := &Result{
		Old: old.Release.Version, New: new.Release.Version,
		Reachable: reachable(old.Release, new.Release),
		Metadata:  compareMetadata(old.Release, new.Release),
		Images:    compareImages(old.Release.Components, new.Release.Components),
		Versions:  compareVersions(old.Release, new.Release),
	}
	if old.Payload == nil || new.Payload == nil {
		return r, nil
	}
	r.HasManifests = true
	before, err := FilesOf(old, o)
	if err != nil {
		return nil, err
	}
	after, err := FilesOf(new, o)
	if err != nil {
		return nil, err
	}
	r.Files = compareFiles(before, after)
	r.Pairs = Match(old.Entries, new.Entries, o)
	r.Objects, r.Parsed, err = compareObjects(r.Pairs, newFold(old, new), o)
	return r, err
}

// Folded counts the objects that differ only in image digests and version strings.
func (r *Result) Folded() int {
	n := 0
	for _, o := range r.Objects {
		if o.OnlyFolded() {
			n++
		}
	}
	return n
}

// Empty reports whether the releases do not differ in anything that is compared.
func (r *Result) Empty() bool {
	return r.Old == r.New && len(r.Metadata) == 0 && r.Images.empty() && len(r.Versions) == 0 && r.Files.empty() && len(r.Objects) == 0
}
