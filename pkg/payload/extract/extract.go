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
	Data []byte
}

// Options say what of a payload is wanted. The zero value is /release-manifests, byte for byte.
type Options struct {
	// Operator adds the operator's own folder; files then lie in manifests/ and release-manifests/.
	Operator bool
	// Raw keeps the templates of the operator's folder as they are.
	Raw bool
	// Names are files, or patterns over files (* ? [a-z]), alone or with their folder as in the image
	// (release-manifests/image-references); empty for all.
	Names []string
	// Normalize writes manifests as oc does, and no other files: sorted fields, no comments.
	Normalize bool
	// Keep says which documents stay; nil keeps all. Files that lose all their documents are left out, files
	// that are no manifests stay when Keep is nil only, but for image-references and release-metadata.
	Keep func(manifest.Entry) bool
	// OnlyManifests leaves out image-references, release-metadata and everything else that is no manifest.
	OnlyManifests bool
}

// Files gives the files to write, those of the operator's folder first, each folder in order of names. files is
// the payload as it was read, p the same read as manifests, and entries what becomes of them in a cluster. A
// name or pattern that matches nothing is fault.NotFound; a document that cannot be read is fault.Integrity
// where documents matter.
func Files(files payload.Files, p *manifest.Payload, entries []manifest.Entry, o Options) ([]File, error) {
	if err := checkNames(files, o); err != nil {
		return nil, err
	}
	documents, err := byFile(entries, o)
	if err != nil {
		return nil, err
	}
	var written []File
	add := func(folder manifest.Directory, list []payload.File) error {
		for _, f := range list {
			data, ok, err := content(f, documents[key{folder, f.Name}], o)
			if err != nil {
				return err
			}
			if ok && matches(o.Names, folder, f.Name) {
				written = append(written, File{Path: place(folder, f.Name, o), Data: data})
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

// key is a file in one of the two folders.
type key struct {
	folder manifest.Directory
	file   string
}

func place(folder manifest.Directory, name string, o Options) string {
	if o.Operator {
		return path.Join(string(folder), name)
	}
	return name
}

// byFile groups the documents of each file. It matters only when documents are cut or written anew.
func byFile(entries []manifest.Entry, o Options) (map[key][]manifest.Entry, error) {
	if o.Keep == nil && !o.Normalize {
		return nil, nil
	}
	groups := map[key][]manifest.Entry{}
	for _, e := range entries {
		if e.Directory == manifest.OperatorDirectory && !o.Operator || !matches(o.Names, e.Directory, e.File) {
			continue
		}
		if e.Problem != "" {
			return nil, fault.Errorf(fault.Integrity, "%s/%s: document %d cannot be read: %s", e.Directory, e.File, e.Document, e.Problem)
		}
		k := key{e.Directory, e.File}
		groups[k] = append(groups[k], e)
	}
	return groups, nil
}

// content is what is written of a file; ok is false when nothing is.
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
	return cut(kept), true, nil
}
