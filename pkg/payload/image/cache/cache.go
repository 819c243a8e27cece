// Package cache remembers what registries returned, so that reading it again costs no request: manifests by repository and
// digest, the digest last seen behind each tag, signatures, and data that this program derived from verified content. It is
// an index beside the blobs of a blobstore.
//
// Nothing in it is trusted. Manifests are hashed again, and every record has a checksum over its content and its own name. A
// damaged record is deleted, with one note to the user, and made again.
package cache

import (
	"path"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/blobstore"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// DefaultAge is how long files stay that are not used, unless Options say otherwise.
const DefaultAge = blobstore.DefaultAge

// The directories of records, and the names in them.
const (
	derivedDirectory    = "notes"        // KIND/HEX
	repositoryDirectory = "repositories" // HEX of the name/HEX, and HEX of the name/tags/HEX of the tag
)

// Options describe a cache. The zero value is a cache that keeps nothing.
type Options struct {
	Dir     string // "" keeps nothing
	Program string // the build of this program: data that another build derived is not read

	Limit    int64         // bytes of all files; 0 is blobstore.DefaultLimit
	Age      time.Duration // files that were not used for longer are deleted; 0 is DefaultAge
	LockWait time.Duration // how long to wait for another process; 0 is 30 s

	Now   func() time.Time                 // nil is the clock
	Notef func(format string, args ...any) // receives notes about the cache for the user; may be nil
}

// store are the options of the cache's directory.
func (o Options) store() blobstore.Options {
	return blobstore.Options{
		Dir: o.Dir, Name: "the cache", Hint: "--cache-dir names another directory, --no-cache disables it",
		Index: []string{derivedDirectory, repositoryDirectory},
		Limit: o.Limit, Age: o.Age, LockWait: o.LockWait, Now: o.Now, Notef: o.Notef,
	}
}

// Cache is a directory of what registries returned. It is safe for use by several goroutines and processes. A nil Cache
// keeps nothing and is empty.
type Cache struct {
	program string
	store   *blobstore.Store // nil when nothing is kept
}

// New makes a cache. Nothing is opened before it is used.
func New(o Options) *Cache {
	c := &Cache{program: o.Program}
	if o.Dir != "" {
		c.store = blobstore.New(o.store())
	}
	return c
}

// inspect opens a cache to list or clean it. It is nil when its directory does not exist. Errors are fault.Local.
func inspect(o Options) (*Cache, error) {
	if o.Dir == "" {
		return nil, fault.Errorf(fault.Local, "there is no cache: name its directory with --cache-dir")
	}
	store, err := blobstore.Inspect(o.store())
	if err != nil {
		return nil, localError(err)
	}
	if store == nil {
		return nil, nil
	}
	return &Cache{program: o.Program, store: store}, nil
}

func localError(err error) error { return fault.Errorf(fault.Local, "the cache: %w", err) }

// Blobs are the blobs of the cache; nil when nothing is kept.
func (c *Cache) Blobs() *blobstore.Store {
	if c == nil {
		return nil
	}
	return c.store
}

// Wait returns when everything is written. Once an hour it also deletes files that are beyond the limits.
func (c *Cache) Wait() { c.Blobs().Wait() }

// Problem says why not everything was kept, nil when everything was. Ask after Wait.
func (c *Cache) Problem() error { return c.Blobs().Problem() }

// Clean deletes files of a cache and returns how many there were, and how many bytes. A file that cannot be deleted does not
// keep the others. Errors are fault.Local; a directory that does not exist is an empty cache.
func Clean(o Options, what blobstore.Cleaning) (files int, bytes int64, err error) {
	c, err := inspect(o)
	if c == nil {
		return 0, 0, err
	}
	defer c.store.Close()
	if files, bytes, err = c.store.Clean(what); err != nil {
		err = localError(err)
	}
	return files, bytes, err
}

// manifestRecord is a manifest of a repository.
type manifestRecord struct {
	Repository oci.Repository
	MediaType  string
	Body       []byte
}

// Manifest returns a manifest that a repository returned before, with the media type that came with it. Its bytes have the
// digest.
func (c *Cache) Manifest(repository oci.Repository, d digest.Digest) (body []byte, mediaType string, ok bool) {
	var r manifestRecord
	if d == "" || !c.read(manifestName(repository, d), &r) {
		return nil, "", false
	}
	if r.Repository != repository || digest.FromBytes(r.Body) != d {
		c.store.Damaged(manifestName(repository, d), "it is another manifest")
		return nil, "", false
	}
	return r.Body, r.MediaType, true
}

// KeepManifest keeps a manifest whose bytes have the digest.
func (c *Cache) KeepManifest(repository oci.Repository, d digest.Digest, mediaType string, body []byte) {
	if !c.Blobs().Writable() {
		return
	}
	if _, _, ok := c.Manifest(repository, d); !ok {
		c.write(manifestName(repository, d), manifestRecord{repository, mediaType, body})
	}
}

// tagRecord is the digest last seen behind a tag.
type tagRecord struct {
	Repository oci.Repository
	Tag        string
	Digest     digest.Digest
}

// Tag returns the digest that was last seen behind a repository's tag.
func (c *Cache) Tag(repository oci.Repository, tag string) (digest.Digest, bool) {
	name := tagName(repository, tag)
	var r tagRecord
	if !c.read(name, &r) {
		return "", false
	}
	d, err := oci.ParseDigest(string(r.Digest))
	if r.Repository != repository || r.Tag != tag || err != nil {
		c.store.Damaged(name, "it is about another tag")
		return "", false
	}
	return d, true
}

// KeepTag keeps the digest that a registry returned for a tag.
func (c *Cache) KeepTag(repository oci.Repository, tag string, d digest.Digest) {
	if !c.Blobs().Writable() {
		return
	}
	if seen, ok := c.Tag(repository, tag); !ok || seen != d {
		c.write(tagName(repository, tag), tagRecord{repository, tag, d})
	}
}

func manifestName(repository oci.Repository, d digest.Digest) string {
	return path.Join(repositoryDirectory, hexOf(repository.String()), d.Encoded())
}

func tagName(repository oci.Repository, tag string) string {
	return path.Join(repositoryDirectory, hexOf(repository.String()), "tags", hexOf(tag))
}

// hexOf is the file name for a text of any kind.
func hexOf(text string) string { return digest.FromString(text).Encoded() }

// Derived fills a value, by its pointer, with what this build derived from the content with a digest. kind is the word that
// KeepDerived was given. It reports whether there is such a value.
func (c *Cache) Derived(kind string, d digest.Digest, value any) bool {
	if d == "" {
		return false
	}
	name := derivedName(kind, d)
	encoded, ok := c.readEncoded(name)
	if !ok {
		return false
	}
	var program string
	rest, err := decodeFirst(encoded, &program)
	if err == nil && program != c.program {
		return false
	}
	if err == nil {
		err = decode(rest, value)
	}
	if err != nil {
		c.store.Damaged(name, wrongForm)
	}
	return err == nil
}

// KeepDerived keeps a value that was derived from the content with a digest, all of which was verified. kind names the value
// and its form. The value has to be one that CBOR can encode.
func (c *Cache) KeepDerived(kind string, d digest.Digest, value any) {
	if c.Blobs().Writable() {
		c.write(derivedName(kind, d), c.program, value)
	}
}

func derivedName(kind string, d digest.Digest) string {
	return path.Join(derivedDirectory, kind, d.Encoded())
}

// signatureKind is the kind of the record that has the signatures of a digest.
const signatureKind = "signatures-2"

// Signature is an OpenPGP signature as it was found. It is not verified.
type Signature struct {
	Where string // the URL, file or field in which it was found
	Data  []byte
}

// Signatures returns the OpenPGP signatures that were kept of a digest. Every build of this program reads them.
func (c *Cache) Signatures(d digest.Digest) []Signature {
	var list []Signature
	if d == "" || !c.read(derivedName(signatureKind, d), &list) {
		return nil
	}
	return list
}

// KeepSignatures keeps the OpenPGP signatures of a digest, and drops those that were kept before.
func (c *Cache) KeepSignatures(d digest.Digest, list []Signature) {
	c.write(derivedName(signatureKind, d), list)
}
