package testrelease

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/opencontainers/go-digest"
)

const refName = "org.opencontainers.image.ref.name"

// WriteLayout writes an OCI layout, or adds the release to an existing one. With an empty tag the image has no name.
func (r *Release) WriteLayout(dir, tag string) error {
	entries, err := layoutEntries(dir)
	if err != nil {
		return err
	}
	for _, f := range r.layoutFiles(append(entries, r.tagged(tag))) {
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(f.Header.Name)), f.Content); err != nil {
			return err
		}
	}
	return nil
}

func layoutEntries(dir string) ([]Descriptor, error) {
	data, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("adding to a layout: %w", err)
	}
	var found struct{ Manifests []Descriptor }
	if err := json.Unmarshal(data, &found); err != nil {
		return nil, fmt.Errorf("adding to a layout: %w", err)
	}
	return found.Manifests, nil
}

func (r *Release) tagged(tag string) Descriptor {
	d := r.root
	if tag != "" {
		d.Annotations = map[string]string{refName: tag}
	}
	return d
}

// layoutFiles returns the files of a layout as tar entries.
func (r *Release) layoutFiles(entries []Descriptor) []Entry {
	files := []Entry{
		File("oci-layout", `{"imageLayoutVersion":"1.0.0"}`),
		File("index.json", string(index(MediaTypeOCIIndex, entries))),
	}
	for _, d := range r.order {
		files = append(files, File("blobs/sha256/"+d.Encoded(), string(r.blobs[d])))
	}
	return files
}

func writeFile(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return fmt.Errorf("writing a release: %w", err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		return fmt.Errorf("writing a release: %w", err)
	}
	return nil
}

// WriteOCIArchive writes an OCI layout as a tar file, compressed if its name ends in gz.
func (r *Release) WriteOCIArchive(file, tag string) error {
	return writeTar(file, r.layoutFiles([]Descriptor{r.tagged(tag)}))
}

type savedImage struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// WriteDockerArchive writes the first image as podman save does: uncompressed layers named after their digest, links with the
// older names of layers, and manifest.json. The file is compressed if its name ends in gz.
func (r *Release) WriteDockerArchive(file string, tags ...string) error {
	p := r.Images[0]
	image := savedImage{Config: p.Config.Digest.Encoded() + ".json", RepoTags: tags}
	var entries []Entry
	for i, data := range p.tars {
		name := p.DiffIDs[i].Encoded() + ".tar"
		directory := digest.FromString(fmt.Sprintf("layer %d of %s", i, p.Config.Digest)).Encoded()
		entries = append(entries,
			File(name, string(data)),
			Dir(directory+"/"),
			File(directory+"/VERSION", "1.0"),
			Link(tar.TypeSymlink, directory+"/layer.tar", "../"+name))
		// Use both names.
		if i%2 == 0 {
			name = directory + "/layer.tar"
		}
		image.Layers = append(image.Layers, name)
	}
	manifest, err := json.Marshal([]savedImage{image})
	if err != nil {
		return fmt.Errorf("writing a docker archive: %w", err)
	}
	entries = append(entries,
		File(image.Config, string(r.blobs[p.Config.Digest])),
		File("manifest.json", string(manifest)))
	return writeTar(file, entries)
}

// WriteDockerLayoutArchive writes the first image as docker save does since version 25: manifest.json beside an OCI layout.
func (r *Release) WriteDockerLayoutArchive(file, tag string) error {
	p := r.Images[0]
	image := savedImage{Config: "blobs/sha256/" + p.Config.Digest.Encoded(), RepoTags: []string{tag}}
	for _, l := range p.Layers {
		image.Layers = append(image.Layers, "blobs/sha256/"+l.Digest.Encoded())
	}
	manifest, err := json.Marshal([]savedImage{image})
	if err != nil {
		return fmt.Errorf("writing a docker archive: %w", err)
	}
	return writeTar(file, append(r.layoutFiles([]Descriptor{r.tagged(tag)}), File("manifest.json", string(manifest))))
}

func writeTar(file string, entries []Entry) error {
	data, err := Tar(entries...)
	if err != nil {
		return err
	}
	if strings.HasSuffix(file, "gz") {
		if data, err = Compress(Gzip, data); err != nil {
			return err
		}
	}
	return writeFile(file, data)
}

// WriteDirectory writes an extracted payload: DIR/release-manifests, and DIR/manifests if there are operator manifests.
func (b *Builder) WriteDirectory(dir string) error {
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

// References returns the bytes of image-references.
func (b *Builder) References() []byte { return b.referencesBytes() }

// Metadata returns the bytes of release-metadata.
func (b *Builder) Metadata() []byte { return b.metadataBytes() }
