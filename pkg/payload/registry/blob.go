package registry

import (
	"context"
	"hash/maphash"
	"io"

	"github.com/regclient/regclient/types/ref"
)

// blob opens a blob and holds a slot of the registry until it ends.
func (s *session) blob(ctx context.Context, r ref.Ref, size int64) (io.ReadCloser, error) {
	release, err := s.client.slot(ctx, s.registry)
	if err != nil {
		return nil, err
	}
	k, err := s.open(ctx, r, call{kind: blobCall})
	if err != nil {
		release()
		return nil, err
	}
	d := &download{
		ctx: ctx, session: s, ref: r, release: release, answer: k,
		length: k.length, total: k.length, etag: k.header.Get("ETag"), given: &maphash.Hash{},
	}
	if d.total < 0 && size > 0 {
		d.total = size
	}
	return d, nil
}
