package registry

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"log/slog"

	"github.com/regclient/regclient/types/ref"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// progressBytes is what a try must bring for the count of broken tries to begin anew. A connection that always
// breaks after a while still brings a large blob home; one that brings next to nothing does not go on forever.
const progressBytes = 16 << 10

// download reads a blob over as many connections as it takes.
type download struct {
	ctx     context.Context
	session *session
	ref     ref.Ref
	release func()
	meter   progress.Meter

	answer *call
	broken error // why the answer ended too early; it is resumed by the next Read
	ended  error // what every further Read gives

	length int64         // where the answer's own header says that the blob ends, -1 when it does not
	total  int64         // the blob's size, -1 when nobody said
	etag   string        // of the first answer
	from   int64         // the first byte that is given
	offset int64         // the next byte to give
	given  *maphash.Hash // of the bytes given: it tells whether they come again, while the digest is the caller's
	since  int64         // bytes since the last break
	breaks int           // breaks in a row
	whole  bool          // the blob was begun again once
}

// Read gives the next bytes; a break on the way is mended before the caller sees it.
func (d *download) Read(p []byte) (int, error) {
	if d.ended != nil {
		return 0, d.ended
	}
	if len(p) == 0 {
		return 0, nil
	}
	for {
		if d.broken != nil {
			if err := d.resume(); err != nil {
				return 0, d.end(err)
			}
		}
		n, err := d.answer.stream.Read(p)
		d.offset += int64(n)
		d.since += int64(n)
		d.meter.Advance(int64(n))
		_, _ = d.given.Write(p[:n])
		switch {
		case err == nil:
			return n, nil
		case errors.Is(err, io.EOF) && (d.length < 0 || d.offset >= d.length):
			return n, d.end(io.EOF)
		case errors.Is(err, io.EOF):
			err = io.ErrUnexpectedEOF
		}
		d.broken = err
		if n > 0 {
			return n, nil
		}
	}
}

// Close ends the download and gives its slot back.
func (d *download) Close() error {
	if d.ended == nil {
		d.end(errors.New("the blob was closed"))
	}
	return nil
}

// end lets go of the connection and the slot, and keeps what further reads give.
func (d *download) end(err error) error {
	d.ended = err
	d.meter.End()
	_ = d.answer.closeStream()
	d.release()
	return err
}

// resume asks for what is missing. A registry that cannot give a part may give the whole once more: then what was
// given before must come again, or two blobs would be put together.
func (d *download) resume() error {
	for d.broken != nil {
		_ = d.answer.closeStream()
		if d.ctx.Err() != nil {
			return ended(d.ctx, d.ref)
		}
		if err := d.pause(); err != nil {
			return err
		}
		k, err := d.session.open(d.ctx, d.ref, call{kind: blobCall, from: d.offset, total: d.total, etag: d.etag})
		if err != nil {
			return err
		}
		d.answer, d.broken = k, nil
		switch {
		case k.from == 0:
			d.length = k.length
		case !k.whole:
			d.length, d.total = k.total, k.total
		case d.whole:
			return d.failed(fault.Network, fmt.Errorf("%s closed the connection twice and cannot resume", d.session.registry))
		default:
			if err := d.again(); err != nil {
				return err
			}
		}
	}
	return nil
}

// pause counts a break and waits before the next try.
func (d *download) pause() error {
	if d.since >= progressBytes {
		d.breaks = 0
	}
	d.since = 0
	d.breaks++
	why := explain(d.session.registry, d.broken, 1)
	if d.breaks == tries {
		return d.failed(fault.Network, fmt.Errorf("at byte %d of %s, %d times in a row: %w", d.offset, sizeText(d.total), tries, why))
	}
	o := d.session.client.options
	wait := transport.Backoff(d.breaks)
	o.Log.Info("resuming", slog.String("blob", d.ref.Digest), slog.Int64("at", d.offset), slog.String("reason", why.Error()))
	if err := o.Sleep(d.ctx, wait); err != nil {
		return ended(d.ctx, d.ref)
	}
	return nil
}

// again reads over what was given before and compares it.
func (d *download) again() error {
	d.whole = true
	before := d.given.Sum64()
	d.given.Reset()
	n, err := io.CopyN(io.Discard, d.answer.stream, d.from)
	if err == nil {
		n, err = io.CopyN(d.given, d.answer.stream, d.offset-d.from)
		n += d.from
	}
	if err != nil {
		if n < d.offset && errors.Is(err, io.EOF) {
			return d.failed(fault.Integrity, fmt.Errorf("%s sent a shorter blob on retry", d.session.registry))
		}
		return d.failed(fault.Network, fmt.Errorf("%s closed the connection twice and cannot resume", d.session.registry))
	}
	if before != d.given.Sum64() {
		return d.failed(fault.Integrity, fmt.Errorf("%s sent different bytes on retry", d.session.registry))
	}
	d.length = d.answer.length
	return nil
}

// failed is the error of this blob.
func (d *download) failed(kind fault.Kind, err error) error {
	return fault.Errorf(kind, "getting blob %s of %s/%s: %w", d.ref.Digest, d.session.registry, d.ref.Repository, err)
}

func sizeText(total int64) string {
	if total < 0 {
		return "an unknown number"
	}
	return fmt.Sprint(total)
}
