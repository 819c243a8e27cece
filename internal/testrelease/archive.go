package testrelease

import (
	"archive/tar"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/opencontainers/go-digest"
)

// WriteOCIArchive writes an OCI layout in a tar file, compressed when the name ends in gz.
func (r *Release) WriteOCIArchive(file, tag string) error {
	return writeTar(file, r.layoutFiles([]Descriptor{r.tagged(tag)}))
}

type savedImage struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// WriteDockerArchive writes what podman save writes for the first image: uncompressed layers named after their content,
// the older layer names as links, and manifest.json. The file is compressed when its name ends in gz.
func (r *Release) WriteDockerArchive(file string, tags ...string) error {
	p := r.Images[0]
	image := savedImage{Config: p.Config.Digest.Encoded() + ".json", RepoTags: tags}
	var entries []Entry
	for i, data := range p.tars {
		name := p.DiffIDs[i].Encoded() + ".tar"
		folder := digest.FromString(fmt.Sprintf("layer %d of %s", i, p.Config.Digest)).Encoded()
		entries = append(entries,
			File(name, string(data)),
			Dir(folder+"/"),
			File(folder+"/VERSION", "1.0"),
			Link(tar.TypeSymlink, folder+"/layer.tar", "../"+name))
		// Alternate, so that readers meet both names.
		if i%2 == 0 {
			name = folder + "/layer.tar"
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

// WriteDockerLayoutArchive writes what docker save writes since version 25: manifest.json beside an OCI layout.
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
