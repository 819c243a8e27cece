package testrelease

import (
	"archive/tar"
	"path/filepath"
	"strings"
)

// WriteFolder writes an extracted payload: DIR/release-manifests, and DIR/manifests when there are operator manifests.
func (b *Builder) WriteFolder(dir string) error {
	layers, _ := b.layers()
	for _, entries := range layers {
		for _, e := range entries {
			name := e.Header.Name
			if e.Header.Typeflag != tar.TypeReg || !strings.HasPrefix(name, "release-manifests/") && !strings.HasPrefix(name, "manifests/") {
				continue
			}
			if err := writeFile(filepath.Join(dir, filepath.FromSlash(name)), e.Content); err != nil {
				return err
			}
		}
	}
	return nil
}

// References are the bytes of image-references.
func (b *Builder) References() []byte { return b.referencesBytes() }

// Metadata are the bytes of release-metadata.
func (b *Builder) Metadata() []byte { return b.metadataBytes() }
