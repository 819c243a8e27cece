package pair

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/opencontainers/go-digest"
)

// CheckLayout checks that an OCI layout, a directory or a tar file, has releases with the signatures of their images: every tag
// with its digest, every blob with its size.
func CheckLayout(name string, releases ...Release) error {
	files, err := readLayout(name)
	if err != nil {
		return fmt.Errorf("reading the layout: %w", err)
	}
	for _, release := range releases {
		for _, image := range release.Images {
			tags := map[string]digest.Digest{release.Tag(image): image.Digest}
			if image.Signature != "" {
				tags[signatureTag(image.Digest)] = image.Signature
			}
			for tag, want := range tags {
				if _, there := files.sizes[want.Encoded()]; files.tags[tag] != want || !there {
					return fmt.Errorf("the layout has %q as %s, and not %s", files.tags[tag], tag, want)
				}
			}
			for _, d := range append(image.blobs[:len(image.blobs):len(image.blobs)], image.signed...) {
				if size, there := files.sizes[d.Digest.Encoded()]; !there || size != d.Size {
					return fmt.Errorf("the layout has %d bytes of the blob %s, and not %d", size, d.Digest, d.Size)
				}
			}
		}
	}
	return nil
}

// layoutFiles are what a layout has.
type layoutFiles struct {
	tags  map[string]digest.Digest
	sizes map[string]int64 // of blobs, by the encoded digest
}

func readLayout(name string) (layoutFiles, error) {
	info, err := os.Stat(name)
	if err != nil {
		return layoutFiles{}, err
	}
	if info.IsDir() {
		return readDirectory(name)
	}
	return readArchive(name)
}

func readDirectory(name string) (layoutFiles, error) {
	files := layoutFiles{sizes: map[string]int64{}}
	entries, err := os.ReadDir(filepath.Join(name, "blobs", "sha256"))
	if err != nil {
		return files, err
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			return files, err
		}
		files.sizes[entry.Name()] = info.Size()
	}
	text, err := os.ReadFile(filepath.Join(name, "index.json"))
	if err != nil {
		return files, err
	}
	return files, files.readIndex(text)
}

func readArchive(name string) (layoutFiles, error) {
	files := layoutFiles{sizes: map[string]int64{}}
	file, err := os.Open(name)
	if err != nil {
		return files, err
	}
	defer file.Close()
	var index []byte
	archive := tar.NewReader(file)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return files, err
		}
		switch clean := path.Clean(header.Name); {
		case clean == "index.json":
			if index, err = io.ReadAll(archive); err != nil {
				return files, err
			}
		case path.Dir(clean) == "blobs/sha256":
			files.sizes[path.Base(clean)] = header.Size
		}
	}
	if index == nil {
		return files, fmt.Errorf("index.json: %w", fs.ErrNotExist)
	}
	return files, files.readIndex(index)
}

func (f *layoutFiles) readIndex(text []byte) error {
	var index struct {
		Manifests []struct {
			Digest      digest.Digest
			Annotations map[string]string
		}
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return fmt.Errorf("index.json: %w", err)
	}
	f.tags = map[string]digest.Digest{}
	for _, d := range index.Manifests {
		f.tags[d.Annotations["org.opencontainers.image.ref.name"]] = d.Digest
	}
	return nil
}
