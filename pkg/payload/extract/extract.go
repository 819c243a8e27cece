// Package extract decides which files of a payload are written and with which contents: unchanged, without the documents that a
// cluster would not apply, or as oc writes them. It is pure: bytes in, bytes out.
package extract

import (
	"path"
	"slices"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// File is one file to write.
type File struct {
	Path string // with slashes: NAME, or manifests/NAME and release-manifests/NAME
	Data []byte // nil if the payload has the file without its contents
}

// Options select files of a payload. The zero value is /release-manifests, unchanged.
type Options struct {
	// Operator adds the operator's directory. Paths then begin with manifests/ or release-manifests/.
	Operator bool
	// Raw does not render the templates in the operator's directory.
	Raw bool
	// Names are file names or patterns (* ? [a-z]), with or without their directory (release-manifests/image-references);
	// empty for all files.
	Names []string
	// Normalize writes manifests as oc does, with sorted fields and without comments, and no other files.
	Normalize bool
	// Keep selects documents; nil selects all. Files of which no document is left are not written. If Keep is set, of the files
	// that are not manifests only image-references and release-metadata are written.
	Keep func(manifest.Entry) bool
	// OnlyManifests skips image-references, release-metadata and other files that are not manifests.
	OnlyManifests bool
}

// NeedsDocuments reports whether Files needs the manifests and their evaluation. Without them, files are written as they are.
func (o Options) NeedsDocuments() bool { return o.Keep != nil || o.Normalize || o.Operator && !o.Raw }

// Files returns the files to write, those of the operator's directory first, sorted by name. files is the payload, p its
// manifests, and entries their evaluation. A name or pattern that matches nothing is fault.NotFound. A document that cannot be
// read is fault.Integrity if o has Keep or Normalize.
func Files(files payload.Files, p *manifest.Payload, entries []manifest.Entry, o Options) ([]File, error) {
	if err := checkNames(files, o); err != nil {
		return nil, err
	}
	documents, err := groupByFile(entries, o)
	if err != nil {
		return nil, err
	}
	var written []File
	add := func(directory manifest.Directory, list []payload.File) error {
		for _, f := range list {
			data, ok, err := content(f, documents[key{directory, f.Name}], o)
			if err != nil {
				return err
			}
			if ok && matches(o.Names, directory, f.Name) {
				written = append(written, File{Path: o.Path(string(directory), f.Name), Data: data})
			}
		}
		return nil
	}
	if o.Operator {
		own := p.Rendered
		if o.Raw {
			own = files.Operator
		}
		if err := add(manifest.OperatorDirectory, own); err != nil {
			return nil, err
		}
	}
	if err := add(manifest.ReleaseDirectory, files.Release); err != nil {
		return nil, err
	}
	return written, nil
}

// key identifies a file of a payload.
type key struct {
	directory manifest.Directory
	file      string
}

// Path returns the path to which a file of a payload is written.
func (o Options) Path(directory, name string) string {
	if o.Operator {
		return path.Join(directory, name)
	}
	return name
}

// groupByFile groups the documents of each file, nil if o needs no documents.
func groupByFile(entries []manifest.Entry, o Options) (map[key][]manifest.Entry, error) {
	if o.Keep == nil && !o.Normalize {
		return nil, nil
	}
	groups := map[key][]manifest.Entry{}
	for _, e := range entries {
		selected, err := o.selects(e)
		if err != nil {
			return nil, err
		}
		if !selected {
			continue
		}
		k := key{e.Directory, e.File}
		groups[k] = append(groups[k], e)
	}
	return groups, nil
}

// selects reports whether the file of an entry is selected, and returns an error if its document cannot be read.
func (o Options) selects(e manifest.Entry) (bool, error) {
	if e.Directory == manifest.OperatorDirectory && !o.Operator || !matches(o.Names, e.Directory, e.File) {
		return false, nil
	}
	if e.Problem != "" {
		return false, fault.Errorf(fault.Integrity, "%s/%s: document %d cannot be read: %s", e.Directory, e.File, e.Document, e.Problem)
	}
	return true, nil
}

// content returns the contents to write for a file. ok is false if it is not written.
func content(f payload.File, documents []manifest.Entry, o Options) (data []byte, ok bool, err error) {
	if !payload.IsManifestName(f.Name) {
		isMetadata := f.Name == payload.ReferencesName || f.Name == payload.MetadataName
		keep := !o.OnlyManifests && (isMetadata || o.Keep == nil && !o.Normalize)
		return f.Data, keep, nil
	}
	if o.Keep == nil && !o.Normalize {
		return f.Data, true, nil
	}
	kept := documents
	if o.Keep != nil {
		kept = slices.DeleteFunc(slices.Clone(documents), func(e manifest.Entry) bool { return !o.Keep(e) })
	}
	switch {
	case len(kept) == 0:
		return nil, false, nil
	case o.Normalize:
		data, err := normalize(kept)
		return data, true, err
	case len(kept) == len(documents):
		return f.Data, true, nil
	}
	return join(kept), true, nil
}
