package store

import (
	"context"
	"iter"

	"github.com/opencontainers/go-digest"
)

// Found is a store of signatures that were found before, such as those in a cache.
type Found struct {
	Name   string        // names the store for a message
	Digest digest.Digest // what the signatures are of
	List   []Signature
}

// String names the store for a message.
func (f Found) String() string { return f.Name }

// Signatures gives the signatures of the digest.
func (f Found) Signatures(_ context.Context, d digest.Digest) iter.Seq2[Signature, error] {
	return func(yield func(Signature, error) bool) {
		if d != f.Digest {
			return
		}
		for _, s := range f.List {
			if !yield(checked(s.Where, s.Data)) {
				return
			}
		}
	}
}
