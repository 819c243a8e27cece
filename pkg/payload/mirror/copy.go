package mirror

import (
	"cmp"
	"context"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/release-x/oc-release-x/pkg/payload/blobstore"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/sigstore"
)

// Target is a repository to copy to.
type Target interface {
	// Describe finds which manifest a tag or digest names. A missing one is fault.NotFound.
	Describe(ctx context.Context, tagOrDigest string) (oci.Descriptor, error)
	// Manifest fetches a manifest, unverified.
	Manifest(ctx context.Context, tagOrDigest string) (body []byte, mediaType, declared string, err error)
	// Exists reports whether a blob is there.
	Exists(ctx context.Context, d oci.Digest) (bool, error)
	// Mount makes a blob of another repository of the same registry appear in this one. It is false when the registry does
	// not do that.
	Mount(ctx context.Context, d oci.Digest, from oci.Repository) (bool, error)
	// PushBlob uploads a blob; open opens it from a byte on, more than once if need be.
	PushBlob(ctx context.Context, d oci.Digest, size int64, open func(from int64) (io.ReadCloser, error)) error
	// PushManifest uploads a manifest and checks the digest that the registry answers.
	PushManifest(ctx context.Context, tagOrDigest, mediaType string, body []byte) error
}

// Copier carries out plans.
type Copier struct {
	Source   func(oci.Repository) Source
	Target   func(oci.Repository) Target
	Store    *blobstore.Store // keeps each blob on this machine while it is copied
	Parallel int              // transfers at once
	Force    bool             // replace tags that have another digest
	Meter    Meter            // nil: nobody follows
	// Keys are trusted. Signatures by one of them replace others at the target.
	Keys []sigstore.Key
}

// Result is what a copy did.
type Result struct {
	Manifests, Present int   // pushed, and found at the target
	Blobs, Skipped     int   // moved, and found at the target
	Bytes, SkippedSize int64 // of the blobs
}

// Run copies what the target lacks. Blobs come before the manifests that need them, and the manifests in the order of their
// stages, so that the target never has a manifest without its parts. A tag that has another digest is fault.Integrity, and
// nothing is copied then, unless Force is set.
func (c Copier) Run(ctx context.Context, p *Plan) (Result, error) {
	if c.Meter == nil {
		c.Meter = discard{}
	}
	r := &run{Copier: c, plan: p}
	missing, err := r.missing(ctx)
	if err != nil {
		return r.result(), err
	}
	if err := r.moveBlobs(ctx, missing); err != nil {
		return r.result(), err
	}
	err = r.push(ctx, missing)
	return r.result(), err
}

// run is one copy.
type run struct {
	Copier
	plan *Plan

	manifests, present atomic.Int64
	complete           atomic.Int64 // images that were found at the target
	blobs, skipped     atomic.Int64
	bytes, skippedSize atomic.Int64
}

func (r *run) result() Result {
	return Result{
		Manifests: int(r.manifests.Load()), Present: int(r.present.Load()),
		Blobs: int(r.blobs.Load()), Skipped: int(r.skipped.Load()),
		Bytes: r.bytes.Load(), SkippedSize: r.skippedSize.Load(),
	}
}

// each calls work for every item, Parallel at once, until one fails.
func each[T any](ctx context.Context, parallel int, items []T, work func(context.Context, T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, parallel))
	for _, item := range items {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			return work(ctx, item)
		})
	}
	return group.Wait()
}

// missing asks the target for every manifest, and returns those to push in their stages.
func (r *run) missing(ctx context.Context) ([][]Push, error) {
	type place struct{ stage, index int }
	var all []place
	lacks := make([][]bool, len(r.plan.Stages))
	for i, stage := range r.plan.Stages {
		lacks[i] = make([]bool, len(stage))
		for j := range stage {
			all = append(all, place{i, j})
		}
	}
	err := each(ctx, r.Parallel, all, func(ctx context.Context, at place) (err error) {
		lacks[at.stage][at.index], err = r.lacks(ctx, r.plan.Stages[at.stage][at.index])
		return err
	})
	if err != nil {
		return nil, err
	}
	missing := make([][]Push, len(r.plan.Stages))
	for i, stage := range r.plan.Stages {
		for j, push := range stage {
			if lacks[i][j] {
				missing[i] = append(missing[i], push)
			}
		}
	}
	return missing, nil
}

// lacks reports whether the target lacks a manifest.
func (r *run) lacks(ctx context.Context, push Push) (bool, error) {
	found := push.Found
	if found == nil {
		there, err := describe(ctx, r.Target, push.Target)
		if err != nil {
			return false, err
		}
		found = &there
	}
	switch {
	case found.Digest == "":
		return true, nil
	case found.Digest == push.Digest:
		r.present.Add(1)
		if push.isImage() {
			r.complete.Add(1)
		}
		return false, nil
	case r.Force:
		return true, nil
	case push.Kind == KindComponentSignature || push.Kind == KindReleaseSignature:
		replace, err := r.replaces(ctx, push)
		if err == nil && !replace {
			r.present.Add(1)
		}
		return replace, err
	}
	return false, fault.WithHint(fault.Integrity, "--force replaces it",
		"%s is %s at the target, and not %s: nothing was copied", push.Target, found.Digest, push.Digest)
}

// describe asks what a tag or digest names at the target. The digest is empty if it has none.
func describe(ctx context.Context, target func(oci.Repository) Target, spec oci.PullSpec) (oci.Descriptor, error) {
	found, err := target(spec.Repository).Describe(ctx, spec.Name())
	if fault.KindOf(err) == fault.NotFound {
		return oci.Descriptor{}, nil
	}
	return found, err
}

// replaces reports whether the signatures of an image may replace those at the target: none of these is lost, or one of the
// new ones is valid.
func (r *run) replaces(ctx context.Context, push Push) (bool, error) {
	body, mediaType, _, err := r.Target(push.Target.Repository).Manifest(ctx, push.Target.Name())
	if err != nil {
		return false, err
	}
	old, err := oci.ParseManifest(body, mediaType)
	if err != nil {
		return true, nil // it is of no use to anybody
	}
	for _, d := range old.Layers {
		if !slices.ContainsFunc(push.Blobs, func(b oci.Descriptor) bool { return sameSignature(b, d) }) {
			return r.valid(ctx, push)
		}
	}
	return true, nil
}

// sameSignature compares layers of signatures. Two keys can sign the same document: then only the annotation differs.
func sameSignature(a, b oci.Descriptor) bool {
	return a.Digest == b.Digest && a.Annotations[sigstore.SignatureAnnotation] == b.Annotations[sigstore.SignatureAnnotation]
}

// valid reports whether one of the keys made a signature of an image.
func (r *run) valid(ctx context.Context, push Push) (bool, error) {
	if len(r.Keys) == 0 {
		return false, nil
	}
	signatures, err := sigstore.Fetch(ctx, readSignature{push, r.Source(push.Source.Repository)}, push.Source.Repository, push.Signs)
	if kind := fault.KindOf(err); kind == fault.Integrity {
		return false, nil
	}
	for _, s := range signatures {
		for _, key := range r.Keys {
			if _, err := s.Verify(key, push.Signs); err == nil {
				return true, nil
			}
		}
	}
	return false, err
}

// readSignature is the registry of a signature whose manifest was read.
type readSignature struct {
	push   Push
	source Source
}

func (r readSignature) Manifest(context.Context, oci.Repository, string) (body []byte, mediaType, declared string, err error) {
	return r.push.Body, r.push.MediaType, "", nil
}

func (r readSignature) Blob(ctx context.Context, _ oci.Repository, d oci.Digest, size, from int64) (io.ReadCloser, error) {
	return r.source.Blob(ctx, d, size, from)
}

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
	var blobs []Blob
	for _, b := range r.plan.Blobs {
		if b.To = needed[b.Digest]; len(b.To) > 0 {
			blobs = append(blobs, b)
		}
	}
	r.begin(blobs)
	var p probe
	return each(ctx, r.Parallel, blobs, func(ctx context.Context, b Blob) error {
		return r.moveBlob(ctx, b, &p)
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
	if !p.asks() {
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
		sent := &followed{follow: follow}
		err = r.Target(to).PushBlob(ctx, b.Digest, b.Size, func(from int64) (io.ReadCloser, error) {
			body, err := staged.Open(ctx, from)
			if err != nil {
				return nil, err
			}
			return sent.reader(body, from), nil
		})
		if err != nil {
			_ = staged.Close()
			return moved, err
		}
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

// push pushes the missing manifests, one stage after the other.
func (r *run) push(ctx context.Context, missing [][]Push) error {
	for _, stage := range missing {
		err := each(ctx, r.Parallel, stage, func(ctx context.Context, push Push) error {
			err := r.Target(push.Target.Repository).PushManifest(ctx, push.Target.Name(), push.MediaType, push.Body)
			if err != nil {
				return err
			}
			r.manifests.Add(1)
			if push.isImage() {
				r.Meter.Image(push.Source)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
