package cache

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/frame"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Kind says what an entry is.
type Kind string

// The kinds. A blob is what no manifest in the cache speaks of any more.
const (
	List     Kind = "list"
	Manifest Kind = "manifest"
	Config   Kind = "config"
	Layer    Kind = "layer"
	Blob     Kind = "blob"
)

// Entry is what is kept of one digest: the bytes themselves, and notes about them.
type Entry struct {
	Digest     digest.Digest
	Kind       Kind
	Size       int64     // bytes on disk
	Used       time.Time // when it was last of use, to the hour
	Partial    bool      // a download that was interrupted is all there is of the bytes
	References []string  // what it belongs to: repository:tag, or repository@digest where no tag is known; sorted
}

// Entries lists a cache by digest, of one that others may have written the blobs alone. Errors are fault.Local; a folder that
// is not there is an empty cache.
func Entries(o Options) ([]Entry, error) {
	c, root, foreign, err := inspect(o)
	if root == nil {
		return nil, err
	}
	defer root.Close()
	if foreign != nil {
		c.blobsOnly = true
		c.notef("only the blobs of the cache are listed: %v; --cache-dir names another directory", foreign)
	}
	l := &listing{cache: c, entries: map[digest.Digest]*Entry{}, tags: map[string][]string{}}
	files := items(root)
	for _, i := range files {
		l.add(i)
	}
	for _, m := range l.manifests {
		l.relate(m)
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

// inspect opens a cache to look at it: nothing is made, and looking is no use. foreign is as in openFolder. Without a folder
// there is no root.
func inspect(o Options) (c *Cache, root *os.Root, foreign, err error) {
	if o.Dir == "" {
		return nil, nil, nil, fault.Errorf(fault.Local, "there is no cache: name its directory with --cache-dir")
	}
	c = New(o)
	root, foreign, err = openFolder(o.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return c, nil, nil, nil
	case err != nil:
		return c, nil, nil, local(err)
	}
	c.folder = func() *os.Root { return root }
	c.looking = true
	return c, root, foreign, nil
}

func local(err error) error { return fault.Errorf(fault.Local, "the cache: %w", err) }

// listing is a list of entries while it is made.
type listing struct {
	cache     *Cache
	entries   map[digest.Digest]*Entry
	tags      map[string][]string // repository@digest to references by tag
	manifests []listed
}

// listed is a manifest of a repository, with what it speaks of.
type listed struct {
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
func (l *listing) add(i item) {
	dir, base := path.Split(i.name)
	hex, begun := strings.CutSuffix(base, partial)
	d := digest.NewDigestFromEncoded(digest.SHA256, hex)
	switch {
	case strings.HasPrefix(i.name, lockFolder+"/"), strings.HasPrefix(i.name, tempFolder+"/"), d.Validate() != nil:
		return
	case l.cache.blobsOnly && !strings.HasPrefix(i.name, blobFolder+"/"):
		return
	case path.Base(dir) == "tags":
		l.addTag(i.name)
		return
	}
	e := l.entry(d)
	e.Size += i.size
	if i.used.After(e.Used) {
		e.Used = i.used
	}
	e.Partial = e.Partial && begun
	if strings.HasPrefix(i.name, repositoryFolder+"/") {
		l.addManifest(i.name, d)
	}
}

func (l *listing) addTag(name string) {
	content, ok := l.cache.readRecord(name)
	if !ok {
		return
	}
	r := frame.NewReader(content)
	repository, tag, seen := r.Text(), r.Text(), r.Text()
	if r.Finish() == nil {
		l.tags[repository+"@"+seen] = append(l.tags[repository+"@"+seen], repository+":"+tag)
	}
}

func (l *listing) addManifest(name string, d digest.Digest) {
	content, ok := l.cache.readRecord(name)
	if !ok {
		return
	}
	r := frame.NewReader(content)
	m := listed{repository: oci.SplitRepository(r.Text()), digest: d}
	_, body := r.Text(), r.Data()
	if r.Finish() != nil {
		return
	}
	parsed, err := oci.ParseManifest(body, "")
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

// relate says of a manifest, and of all that it speaks of, where they belong.
func (l *listing) relate(m listed) {
	references := l.references(m)
	l.mark(m.digest, "", references)
	l.mark(m.config, Config, references)
	for _, layer := range m.layers {
		l.mark(layer, Layer, references)
	}
}

// references are the tags of a manifest or of a list that names it; without one, the repository and the digest.
func (l *listing) references(m listed) []string {
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
