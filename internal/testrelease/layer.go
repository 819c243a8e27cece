package testrelease

import (
	"archive/tar"
	"bytes"
	"fmt"
	"path"
	"slices"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Entry is one entry of a tar archive: a header and its content, or blocks that are written as they are.
type Entry struct {
	Header  tar.Header
	Content []byte
	Blocks  []byte // if set, replaces header and content
}

// File is a regular file of mode 0444, as oc writes them.
func File(name, content string) Entry {
	return Entry{Header: tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o444}, Content: []byte(content)}
}

// Dir is a directory.
func Dir(name string) Entry {
	return Entry{Header: tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755}}
}

// Link is a tar.TypeSymlink or tar.TypeLink.
func Link(kind byte, name, target string) Entry {
	return Entry{Header: tar.Header{Typeflag: kind, Name: name, Linkname: target, Mode: 0o777}}
}

// Special is an entry of any type without content, such as tar.TypeFifo or tar.TypeChar.
func Special(kind byte, name string) Entry {
	return Entry{Header: tar.Header{Typeflag: kind, Name: name, Mode: 0o644}}
}

// Whiteout deletes a path of lower layers.
func Whiteout(name string) Entry {
	return File(path.Join(path.Dir(name), ".wh."+path.Base(name)), "")
}

// Opaque deletes the contents of a directory in lower layers.
func Opaque(dir string) Entry { return File(path.Join(dir, ".wh..wh..opq"), "") }

// Tar returns a tar archive. Entries without a time get Created.
func Tar(entries ...Entry) ([]byte, error) {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, e := range entries {
		if e.Blocks != nil {
			if err := w.Flush(); err != nil {
				return nil, fmt.Errorf("packing: %w", err)
			}
			buf.Write(e.Blocks)
			continue
		}
		header := e.Header
		if header.ModTime.IsZero() {
			header.ModTime = Created()
		}
		if header.Size == 0 {
			header.Size = int64(len(e.Content))
		}
		if err := w.WriteHeader(&header); err != nil {
			return nil, fmt.Errorf("packing %q: %w", header.Name, err)
		}
		if _, err := w.Write(e.Content); err != nil {
			return nil, fmt.Errorf("packing %q: %w", header.Name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("packing: %w", err)
	}
	return buf.Bytes(), nil
}

// Compress compresses data. The result is always the same for the same data.
func Compress(c Compression, data []byte) ([]byte, error) {
	switch c {
	case Gzip:
		var buf bytes.Buffer
		w := gzip.NewWriter(&buf)
		if _, err := w.Write(data); err != nil {
			return nil, fmt.Errorf("compressing: %w", err)
		}
		if err := w.Close(); err != nil {
			return nil, fmt.Errorf("compressing: %w", err)
		}
		return buf.Bytes(), nil
	case Zstd:
		w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, fmt.Errorf("compressing: %w", err)
		}
		return w.EncodeAll(data, nil), nil
	default:
		return data, nil
	}
}

// layers returns the entries of each layer, the lowest first, and the index of the layer with release-manifests.
func (b *Builder) layers() ([][]Entry, int) {
	payload := []Entry{Dir("release-manifests/")}
	for _, f := range []Entry{
		File("release-manifests/image-references", string(b.referencesBytes())),
		File("release-manifests/release-metadata", string(b.metadataBytes())),
	} {
		if !slices.Contains(b.without, path.Base(f.Header.Name)) {
			payload = append(payload, f)
		}
	}
	payload = append(payload, b.manifests...)
	payload = append(payload, b.topEntries...)

	layers := slices.Clone(b.base)
	if len(b.operator) > 0 {
		operator := []Entry{Dir("usr/"), Dir("usr/bin/"), File("usr/bin/cluster-version-operator", "not a program\n"), Dir("manifests/")}
		layers = append(layers, append(operator, b.operator...))
	}
	index := len(layers)
	layers = append(layers, payload)
	layers = append(layers, b.above...)
	if !b.squashed {
		return layers, index
	}
	return [][]Entry{slices.Concat(layers...)}, 0
}
