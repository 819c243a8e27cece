package mirror

import (
	"cmp"
	"context"
	"io"
	"slices"
	"sync"

	"github.com/release-x/oc-release-x/pkg/payload/blobstore"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// moveBlobs moves the blobs of missing manifests.
func (r *run) moveBlobs(ctx context.Context, missing [][]Push) error {
	needed := map[oci.Digest][]oci.Repository{}
	for _, stage := range missing {
		for _, push := range stage {
			for _, d := range push.Blobs {
				needed[d.Digest] = appendNew(needed[d.Digest], push.Target.Repository)
			}
		}
	}
	var blobs, lacking []Blob
	for _, b := range r.plan.Blobs {
		if b.To = needed[b.Digest]; len(b.To) == 0 {
			continue
		}
		lacking = append(lacking, b)
		if !r.Later[b.Digest] {
			blobs = append(blobs, b)
		}
	}
	r.begin(blobs)
	images := newCopied(r.plan, missing, lacking, r.Meter)
	var p probe
	return each(ctx, r.Parallel, blobs, func(ctx context.Context, b Blob) error {
		err := r.moveBlob(ctx, b, &p)
		if err == nil {
			images.blob(b.Digest)
		}
		return err
	})
}

// begin tells the meter what there is to do.
func (r *run) begin(blobs []Blob) {
	totals := Totals{Done: int(r.complete.Load()), Blobs: len(blobs)}
	for _, push := range r.plan.Pushes() {
		if push.isImage() {
			totals.Images++
		}
	}
	for _, b := range blobs {
		totals.Bytes += b.Size
	}
	r.Meter.Begin(totals)
}

// moveBlob brings one blob to the repositories that lack it.
func (r *run) moveBlob(ctx context.Context, b Blob, p *probe) error {
	has, lacks, err := r.find(ctx, b, p)
	if err != nil {
		return err
	}
	if len(lacks) == 0 {
		r.skip(b)
		return nil
	}
	follow := r.Meter.Blob("blob "+b.Digest.Encoded()[:12], b.Size, 1+len(lacks))
	moved, err := r.transfer(ctx, b, follow, has, lacks)
	follow.End(err == nil && moved)
	if err == nil && moved {
		r.blobs.Add(1)
		r.bytes.Add(b.Size)
	} else if err == nil {
		r.skip(b)
	}
	return err
}

// skip counts a blob that the target had, or mounted.
func (r *run) skip(b Blob) {
	r.skipped.Add(1)
	r.skippedSize.Add(b.Size)
	r.Meter.Skip(b.Size)
}

// find asks which of a blob's target repositories have it, as far as the probe wants to know.
func (r *run) find(ctx context.Context, b Blob, p *probe) (has, lacks []oci.Repository, err error) {
	if !r.AskAll && !p.asks() {
		return nil, b.To, nil
	}
	for _, to := range b.To {
		there, err := r.Target(to).Exists(ctx, b.Digest)
		if err != nil {
			return nil, nil, err
		}
		if there {
			p.hit()
			has = append(has, to)
		} else {
			lacks = append(lacks, to)
		}
	}
	return has, lacks, nil
}

// transfer mounts a blob where the registry has it already, and uploads it elsewhere. moved is false when nothing was uploaded.
func (r *run) transfer(ctx context.Context, b Blob, follow Transfer, has, lacks []oci.Repository) (moved bool, err error) {
	open := sync.OnceValues(func() (*blobstore.Staged, error) { return r.stage(ctx, b, follow) })
	for _, to := range lacks {
		if r.mount(ctx, b, has, to) {
			has = append(has, to)
			continue
		}
		staged, err := open()
		if err != nil {
			return moved, err
		}
		if err := r.upload(ctx, b, staged, to, follow); err != nil {
			_ = staged.Close()
			return moved, err
		}
		r.mu.Lock()
		r.uploaded = append(r.uploaded, upload{b.Digest, to})
		r.mu.Unlock()
		moved = true
		has = append(has, to)
	}
	if moved {
		if staged, err := open(); err == nil {
			staged.Drop()
		}
	}
	return moved, nil
}

// upload uploads a blob to one repository.
func (r *run) upload(ctx context.Context, b Blob, staged *blobstore.Staged, to oci.Repository, follow Transfer) error {
	if !staged.Stored() && r.Take != nil {
		held, release, err := r.Take(ctx, b.From[0], to)
		if err != nil {
			return err
		}
		defer release()
		ctx = held
	}
	sent := &followed{follow: follow}
	return r.Target(to).PushBlob(ctx, b.Digest, b.Size, func(from int64) (io.ReadCloser, error) {
		body, err := staged.Open(ctx, from)
		if err != nil {
			return nil, err
		}
		return sent.reader(body, from), nil
	})
}

// mount tries to mount a blob from a repository of the same registry: one that has it, or one that it is copied from.
func (r *run) mount(ctx context.Context, b Blob, has []oci.Repository, to oci.Repository) bool {
	for _, from := range slices.Concat(has, b.From) {
		if from.Host != to.Host || from == to {
			continue
		}
		if ok, err := r.Target(to).Mount(ctx, b.Digest, from); err == nil && ok {
			return true
		}
	}
	return false
}

// stage gets a blob from the first of its sources that has it.
func (r *run) stage(ctx context.Context, b Blob, follow Transfer) (*blobstore.Staged, error) {
	received := &followed{follow: follow}
	return r.Store.Stage(ctx, b.Digest, b.Size, func(ctx context.Context, from int64) (io.ReadCloser, error) {
		var first error
		for _, repository := range b.From {
			body, err := r.Source(repository).Blob(ctx, b.Digest, b.Size, from)
			switch {
			case err == nil:
				return received.reader(body, from), nil
			case ctx.Err() != nil:
				return nil, err
			}
			first = cmp.Or(first, err)
		}
		return nil, first
	})
}

// checkedBlobs is how many of the uploaded blobs are looked for. A registry that loses what it accepts rarely loses one blob.
const checkedBlobs = 8

// checkBlobs looks for some of the uploaded blobs, so that a target that lost them gets no manifests.
func (r *run) checkBlobs(ctx context.Context) error {
	var sample []upload
	for i := range min(checkedBlobs, len(r.uploaded)) {
		sample = append(sample, r.uploaded[i*len(r.uploaded)/min(checkedBlobs, len(r.uploaded))])
	}
	return each(ctx, r.Parallel, sample, func(ctx context.Context, u upload) error {
		there, err := r.Target(u.to).Exists(ctx, u.digest)
		if err == nil && !there {
			return fault.Errorf(fault.Integrity, "%s accepted the blob %s and does not have it: no manifest was pushed", u.to, u.digest)
		}
		return err
	})
}
