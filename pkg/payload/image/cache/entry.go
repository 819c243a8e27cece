package cache

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/blobstore"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Kind says what an entry is.
type Kind string

// The kinds. A Blob is one that no manifest in the cache names.
const (
	List     Kind = "list"
	Manifest Kind = "manifest"
	Config   Kind = "config"
	Layer    Kind = "layer"
	Blob     Kind = "blob"
)

// Entry is what is kept of one digest: the bytes themselves, and records about them.
type Entry struct {
	Digest     digest.Digest
	Kind       Kind
	Size       int64     // bytes on disk
	Used       time.Time // the last time, to the hour
	Partial    bool      // of the bytes there is only an interrupted download
	References []string  // the images it belongs to: repository:tag, or repository@digest where no tag is known; sorted
}

// Entries lists a cache by digest; of a cache that others may have written, it lists the blobs alone. Errors are
// fault.Local; a directory that does not exist is an empty cache.
func Entries(o Options) ([]Entry, error) {
	c, err := inspect(o)
	if c == nil {
		return nil, err
	}
	defer c.store.Close()
	foreign := c.store.Foreign()
	if foreign != nil && o.Notef != nil {
		o.Notef("only the blobs of the cache are listed: %v; --cache-dir names another directory", foreign)
	}
	l := &listing{cache: c, entries: map[digest.Digest]*Entry{}, tags: map[string][]string{}}
	for _, file := range c.store.Entries() {
		l.add(file, foreign != nil)
	}
	for _, m := range l.manifests {
		l.addReferences(m)
	}
	list := make([]Entry, 0, len(l.entries))
	for _, e := range l.entries {
		slices.Sort(e.References)
		e.References = slices.Compact(e.References)
		list = append(list, *e)
	}
	slices.SortFunc(list, func(a, b Entry) int { return strings.Compare(string(a.Digest), string(b.Digest)) })
	return list, nil
}

// listing collects the entries of a cache.
type listing struct {
	cache     *Cache
	entries   map[digest.Digest]*Entry
	tags      map[string][]string // repository@digest to references by tag
	manifests []listedManifest
}

// listedManifest is a manifest of a repository, with the digests that it names.
type listedManifest struct {
	repository oci.Repository
	digest     digest.Digest
	config     digest.Digest
	layers     []digest.Digest
	images     []digest.Digest // of a list
}

func (l *listing) entry(d digest.Digest) *Entry {
	e := l.entries[d]
	if e == nil {
		e = &Entry{Digest: d, Kind: Blob, Partial: true}
		l.entries[d] = e
	}
	return e
}

// add counts a file to the entry that it belongs to.
func (l *listing) add(file blobstore.Entry, blobsOnly bool) {
	d, partial, isBlob := file.Blob()
	if !isBlob {
		d = digest.NewDigestFromEncoded(digest.SHA256, path.Base(file.Name))
		isRecord := strings.HasPrefix(file.Name, derivedDirectory+"/") || strings.HasPrefix(file.Name, repositoryDirectory+"/")
		if blobsOnly || !isRecord || d.Validate() != nil {
			return
		}
	}
	if path.Base(path.Dir(file.Name)) == "tags" {
		l.addTag(file.Name)
		return
	}
	e := l.entry(d)
	e.Size += file.Size
	if file.Used.After(e.Used) {
		e.Used = file.Used
	}
	e.Partial = e.Partial && partial
	if strings.HasPrefix(file.Name, repositoryDirectory+"/") {
		l.addManifest(file.Name, d)
	}
}

func (l *listing) addTag(name string) {
	var r tagRecord
	if l.cache.read(name, &r) {
		image := r.Repository.Digest(r.Digest).String()
		l.tags[image] = append(l.tags[image], r.Repository.Tag(r.Tag).String())
	}
}

func (l *listing) addManifest(name string, d digest.Digest) {
	var r manifestRecord
	if !l.cache.read(name, &r) {
		return
	}
	m := listedManifest{repository: r.Repository, digest: d}
	parsed, err := oci.ParseManifest(r.Body, "")
	if err != nil {
		return
	}
	l.entry(d).Kind = List
	if !parsed.List {
		l.entry(d).Kind, m.config = Manifest, parsed.Config.Digest
	}
	for _, layer := range parsed.Layers {
		m.layers = append(m.layers, layer.Digest)
	}
	for _, image := range parsed.Entries {
		m.images = append(m.images, image.Digest)
	}
	l.manifests = append(l.manifests, m)
}

// addReferences adds the references of a manifest to its entry and to those of its configuration and layers.
func (l *listing) addReferences(m listedManifest) {
	references := l.references(m)
	l.mark(m.digest, "", references)
	l.mark(m.config, Config, references)
	for _, layer := range m.layers {
		l.mark(layer, Layer, references)
	}
}

// references are the tags of a manifest and of the lists that name it; without any, the repository and the digest.
func (l *listing) references(m listedManifest) []string {
	found := slices.Clone(l.tags[m.repository.Digest(m.digest).String()])
	for _, list := range l.manifests {
		if list.repository == m.repository && slices.Contains(list.images, m.digest) {
			found = append(found, l.tags[m.repository.Digest(list.digest).String()]...)
		}
	}
	if len(found) == 0 {
		found = []string{m.repository.Digest(m.digest).String()}
	}
	return found
}

func (l *listing) mark(d digest.Digest, kind Kind, references []string) {
	e := l.entries[d]
	if e == nil {
		return
	}
	if kind != "" {
		e.Kind = kind
	}
	e.References = append(e.References, references...)
}
