package testrelease

import (
	"archive/tar"
	"bytes"
	"fmt"
	"path"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Entry is one entry of a tar file: a header with its content, or blocks written as they are.
type Entry struct {
	Header  tar.Header
	Content []byte
	Blocks  []byte // when set, these bytes stand in place of header and content
}

// File is a regular file, as oc writes them: mode 0444.
func File(name, content string) Entry {
	return Entry{Header: tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o444}, Content: []byte(content)}
}

// Dir is a folder.
func Dir(name string) Entry {
	return Entry{Header: tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755}}
}

// Link is an entry of a type that has a target: tar.TypeSymlink or tar.TypeLink.
func Link(kind byte, name, target string) Entry {
	return Entry{Header: tar.Header{Typeflag: kind, Name: name, Linkname: target, Mode: 0o777}}
}

// Special is an entry without content of any type, such as tar.TypeFifo or tar.TypeChar.
func Special(kind byte, name string) Entry {
	return Entry{Header: tar.Header{Typeflag: kind, Name: name, Mode: 0o644}}
}

// Whiteout hides a path of the layers below.
func Whiteout(name string) Entry {
	return File(path.Join(path.Dir(name), ".wh."+path.Base(name)), "")
}

// Opaque hides what the layers below have in a folder.
func Opaque(dir string) Entry { return File(path.Join(dir, ".wh..wh..opq"), "") }

// Tar packs entries, with times of Created where they have none.
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

// Compress packs bytes; the same bytes always give the same result.
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

// layers are the entries of each layer, the lowest first, and the index of the one that holds release-manifests.
func (b *Builder) layers() ([][]Entry, int) {
	payload := []Entry{Dir("release-manifests/")}
	for _, f := range []Entry{
		File("release-manifests/image-references", string(b.referencesBytes())),
		File("release-manifests/release-metadata", string(b.metadataBytes())),
	} {
		if !b.leftOut(path.Base(f.Header.Name)) {
			payload = append(payload, f)
		}
	}
	payload = append(payload, b.manifests...)
	payload = append(payload, b.topEntries...)

	layers := append([][]Entry{}, b.base...)
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
	var all []Entry
	for _, layer := range layers {
		all = append(all, layer...)
	}
	return [][]Entry{all}, 0
}

func (b *Builder) leftOut(name string) bool {
	for _, w := range b.without {
		if w == name {
			return true
		}
	}
	return false
}
