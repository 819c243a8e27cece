package served

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Release is what a layout holds, as far as the bench has to know to check what clients print.
type Release struct {
	Repository    string // the name of the layout's directory
	Tag           string
	Digest        string      // of the manifest
	Components    []Component // as image-references lists them
	Files         int         // in release-manifests
	Manifests     int         // those of them that are YAML
	Payload       int64       // bytes of the layer that holds release-manifests
	PayloadDigest string      // of that layer
	Image         int64       // bytes of all layers
}

// Component is one image of a release.
type Component struct{ Name, Image string }

const references = "release-manifests/image-references"

type descriptor struct {
	Digest      string
	Size        int64
	Annotations map[string]string
}

// Read reads the first release of the OCI layout in root/repository.
func Read(root, repository string) (Release, error) { return readAt(root, repository, 0) }

// readAt reads the release at a place in the index of the layout.
func readAt(root, repository string, at int) (Release, error) {
	layout := filepath.Join(root, repository)
	r := Release{Repository: repository}
	var index struct{ Manifests []descriptor }
	if err := readJSON(filepath.Join(layout, "index.json"), &index); err != nil {
		return r, err
	}
	if len(index.Manifests) <= at {
		return r, fmt.Errorf("reading %s: there is no image %d in it", layout, at+1)
	}
	r.Digest = index.Manifests[at].Digest
	r.Tag = index.Manifests[at].Annotations["org.opencontainers.image.ref.name"]
	var manifest struct{ Layers []descriptor }
	if err := readJSON(blob(layout, r.Digest), &manifest); err != nil {
		return r, err
	}
	if len(manifest.Layers) == 0 {
		return r, fmt.Errorf("reading %s: the image has no layer", layout)
	}
	for _, l := range manifest.Layers {
		r.Image += l.Size
	}
	top := manifest.Layers[len(manifest.Layers)-1]
	r.Payload, r.PayloadDigest = top.Size, top.Digest
	return r, r.readPayload(blob(layout, top.Digest))
}

// readPayload reads the layer with the manifests.
func (r *Release) readPayload(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	for entries := tar.NewReader(unzipped); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("reading %s: %w", file, err)
		}
		if header.Typeflag != tar.TypeReg || !strings.HasPrefix(header.Name, "release-manifests/") {
			continue
		}
		r.Files++
		if ext := path.Ext(header.Name); ext == ".yaml" || ext == ".yml" {
			r.Manifests++
		}
		if header.Name == references {
			if err := r.readReferences(entries); err != nil {
				return fmt.Errorf("reading %s: %w", file, err)
			}
		}
	}
	if len(r.Components) == 0 {
		return fmt.Errorf("reading %s: there is no component in it", file)
	}
	return nil
}

func (r *Release) readReferences(in io.Reader) error {
	var stream struct {
		Spec struct {
			Tags []struct {
				Name string
				From struct{ Name string }
			}
		}
	}
	if err := json.NewDecoder(in).Decode(&stream); err != nil {
		return err
	}
	for _, tag := range stream.Spec.Tags {
		r.Components = append(r.Components, Component{tag.Name, tag.From.Name})
	}
	return nil
}

// Describe tells what the release is made of.
func (r Release) Describe() string {
	return fmt.Sprintf("%s: %d components, %d manifests, a payload layer of %.2f MB in an image of %.2f MB",
		r.Tag, len(r.Components), r.Manifests, float64(r.Payload)/1e6, float64(r.Image)/1e6)
}

func blob(layout, digest string) string {
	return filepath.Join(layout, "blobs", "sha256", strings.TrimPrefix(digest, "sha256:"))
}

func readJSON(file string, into any) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	return nil
}
