package manifest_test

import (
	"testing"

	"github.com/release-x/oc-release-x/internal/fixture"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// The goal for a release with 1,300 objects is 120 ms of CPU.
func BenchmarkLoad(b *testing.B) {
	files := fixture.Release(b, fixture.Version)
	b.SetBytes(fixture.Size(files))
	for b.Loop() {
		manifest.Load(files, manifest.Render{ReleaseImage: "quay.io/o/r@sha256:0"})
	}
}

// Reading and deciding about inclusion.
func BenchmarkLoadAndEvaluate(b *testing.B) {
	files := fixture.Release(b, fixture.Version)
	b.SetBytes(fixture.Size(files))
	for b.Loop() {
		loaded := manifest.Load(files, manifest.Render{ReleaseImage: "quay.io/o/r@sha256:0"})
		manifest.Evaluate(loaded.Objects, manifest.Settings{MajorVersion: new(uint64(4))})
	}
}

// The hash converts every loaded document in full.
func BenchmarkHash(b *testing.B) {
	files := fixture.Release(b, fixture.Version)
	loaded := manifest.Load(files, manifest.Render{ReleaseImage: "quay.io/o/r@sha256:0"})
	entries, _ := manifest.Evaluate(loaded.Objects, manifest.Settings{MajorVersion: new(uint64(4))})
	b.SetBytes(fixture.Size(files))
	for b.Loop() {
		if _, err := manifest.Hash(entries); err != nil {
			b.Fatal(err)
		}
	}
}

// For comparison: full parses of all documents, one after the other.
func BenchmarkConvertAll(b *testing.B) {
	files := fixture.Release(b, fixture.Version)
	loaded := manifest.Load(files, manifest.Render{ReleaseImage: "quay.io/o/r@sha256:0"})
	b.SetBytes(fixture.Size(files))
	for b.Loop() {
		for _, object := range loaded.Objects {
			if _, err := object.JSON(); err != nil {
				b.Fatal(err)
			}
		}
	}
}
