package testrelease

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const refName = "org.opencontainers.image.ref.name"

// WriteLayout writes an OCI layout, or adds the release to the one that is there. An empty tag gives an image without a name.
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

// layoutFiles are the files of a layout as tar entries, with slashes.
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
