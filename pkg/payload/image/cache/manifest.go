package cache

import (
	"path"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/frame"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Manifest gives a manifest that a repository gave before, with the media type that it came with. Its bytes have the
// digest.
func (c *Cache) Manifest(repository oci.Repository, d digest.Digest) (body []byte, mediaType string, ok bool) {
	if c.root() == nil || d == "" {
		return nil, "", false
	}
	name := manifestName(repository, d)
	content, ok := c.readRecord(name)
	if !ok {
		return nil, "", false
	}
	r := frame.NewReader(content)
	from, mediaType, body := r.Text(), r.Text(), r.Data()
	if r.Finish() != nil || from != repository.String() || digest.FromBytes(body) != d {
		c.damaged(c.root(), name, "it is another manifest")
		return nil, "", false
	}
	return body, mediaType, true
}

// KeepManifest keeps a manifest whose bytes were found to have the digest.
func (c *Cache) KeepManifest(repository oci.Repository, d digest.Digest, mediaType string, body []byte) {
	if c.writable() == nil {
		return
	}
	if _, _, ok := c.Manifest(repository, d); ok {
		return
	}
	var w frame.Writer
	w.Text(repository.String())
	w.Text(mediaType)
	w.Data(body)
	c.writeRecord(manifestName(repository, d), w.Bytes())
}

// Tag gives the digest that was last seen behind a repository's tag.
func (c *Cache) Tag(repository oci.Repository, tag string) (digest.Digest, bool) {
	if c.root() == nil {
		return "", false
	}
	name := tagName(repository, tag)
	content, ok := c.readRecord(name)
	if !ok {
		return "", false
	}
	r := frame.NewReader(content)
	from, named, seen := r.Text(), r.Text(), r.Text()
	d, err := oci.ParseDigest(seen)
	if r.Finish() != nil || from != repository.String() || named != tag || err != nil {
		c.damaged(c.root(), name, "it is about another tag")
		return "", false
	}
	return d, true
}

// KeepTag keeps the digest that a registry gave for a tag.
func (c *Cache) KeepTag(repository oci.Repository, tag string, d digest.Digest) {
	if c.writable() == nil {
		return
	}
	if seen, ok := c.Tag(repository, tag); ok && seen == d {
		return
	}
	var w frame.Writer
	w.Text(repository.String())
	w.Text(tag)
	w.Text(string(d))
	c.writeRecord(tagName(repository, tag), w.Bytes())
}

func manifestName(repository oci.Repository, d digest.Digest) string {
	return path.Join(repositoryFolder, hashed(repository.String()), d.Encoded())
}

func tagName(repository oci.Repository, tag string) string {
	return path.Join(repositoryFolder, hashed(repository.String()), "tags", hashed(tag))
}

// Note gives what was noted of the content with a digest.
func (c *Cache) Note(kind string, d digest.Digest) ([]byte, bool) {
	if c.root() == nil || d == "" {
		return nil, false
	}
	content, ok := c.readRecord(noteName(kind, d))
	if !ok {
		return nil, false
	}
	r := frame.NewReader(content)
	program, note := r.Text(), r.Data()
	if r.Finish() != nil || program != c.options.Program {
		return nil, false
	}
	return note, true
}

// KeepNote keeps what the content with a digest is found to hold, once all of it was verified. kind is a word for
// what is noted and in which form.
func (c *Cache) KeepNote(kind string, d digest.Digest, note []byte) {
	if c.writable() == nil {
		return
	}
	var w frame.Writer
	w.Text(c.options.Program)
	w.Data(note)
	c.writeRecord(noteName(kind, d), w.Bytes())
}

func noteName(kind string, d digest.Digest) string { return path.Join(noteFolder, kind, d.Encoded()) }
