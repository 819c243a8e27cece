package cache

import (
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/frame"
)

// signatureNote is the kind of the record that has the signatures of a digest, in this form.
const signatureNote = "signatures-1"

// Signature is an OpenPGP signature as it was found. It is not verified.
type Signature struct {
	Where string // the URL, file or field that it was found in
	Data  []byte
}

// Signatures gives the OpenPGP signatures that were kept of a digest.
func (c *Cache) Signatures(d digest.Digest) []Signature {
	if c.root() == nil || d == "" {
		return nil
	}
	content, ok := c.readRecord(noteName(signatureNote, d))
	if !ok {
		return nil
	}
	r := frame.NewReader(content)
	var list []Signature
	for range r.Count() {
		list = append(list, Signature{Where: r.Text(), Data: r.Data()})
	}
	if r.Finish() != nil {
		c.damaged(c.root(), noteName(signatureNote, d), "it is no list of signatures")
		return nil
	}
	return list
}

// KeepSignatures keeps the OpenPGP signatures of a digest in place of those that were kept before. Unlike notes, every
// build of the program reads them.
func (c *Cache) KeepSignatures(d digest.Digest, list []Signature) {
	if c.writable() == nil {
		return
	}
	var w frame.Writer
	w.Number(uint64(len(list)))
	for _, s := range list {
		w.Text(s.Where)
		w.Data(s.Data)
	}
	c.writeRecord(noteName(signatureNote, d), w.Bytes())
}
