package registry

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"

	"github.com/regclient/regclient/types/ref"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// blob opens a blob from a byte on and holds a slot of the registry until it ends.
func (s *session) blob(ctx context.Context, r ref.Ref, size, from int64) (io.ReadCloser, error) {
	release, err := s.client.slot(ctx, s.registry)
	if err != nil {
		return nil, err
	}
	task := s.task(r, "", progress.Name(ctx, blobName(r)))
	task.Total, task.Done = size, from
	meter := progress.Begin(ctx, task)
	k, err := s.open(ctx, r, call{kind: blobCall, from: from, total: size})
	if err != nil {
		meter.End()
		release()
		return nil, err
	}
	d := &download{
		ctx: ctx, session: s, ref: r, release: release, meter: meter, answer: k, from: from, offset: from,
		length: k.length, total: k.length, etag: k.header.Get("ETag"), given: &maphash.Hash{},
	}
	if from > 0 && !k.whole {
		d.length, d.total = k.total, k.total
	}
	if d.total < 0 && size > 0 {
		d.total = size
	}
	if from > 0 && k.whole {
		d.from, d.offset = 0, 0
		meter.Advance(-from)
		return d, d.skip(from)
	}
	return d, nil
}

// skip reads over bytes that the caller has already.
func (d *download) skip(count int64) error {
	n, err := io.CopyN(io.Discard, d, count)
	if errors.Is(err, io.EOF) {
		err = d.failed(fault.Integrity, fmt.Errorf("%s gave a blob of %d bytes, of which %d are here already", d.session.registry, n, count))
	}
	if err != nil {
		return d.end(err)
	}
	return nil
}
