package mirror

import (
	"context"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/release-x/oc-release-x/pkg/payload/blobstore"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
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
	Source func(oci.Repository) Source
	Target func(oci.Repository) Target
	Store  *blobstore.Store // keeps each blob on this machine while it is copied
	// Take takes the permits for reading from one repository while writing to another, for blobs that are not kept on this
	// machine. The context is for both. nil: no permits are needed.
	Take     func(ctx context.Context, from, to oci.Repository) (held context.Context, release func(), err error)
	Parallel int  // transfers at once
	Force    bool // replace tags that have another digest
	Repair   bool // push manifests that the target has too, after the blobs that it lacks
	AskAll   bool // ask the target for every blob, because that costs no request
	// Later are blobs that another run will copy. They are left out, and no manifest is pushed if there are any.
	Later map[oci.Digest]bool
	Meter Meter // follows the copy; may be nil
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
	ctx = progress.WithResumable(ctx) // the target keeps what it has
	r := &run{Copier: c, plan: p}
	missing, err := r.missing(ctx)
	if err != nil {
		return r.result(), err
	}
	if err := r.moveBlobs(ctx, missing); err != nil {
		return r.result(), err
	}
	if err := r.checkBlobs(ctx); err != nil || len(r.Later) > 0 {
		return r.result(), err
	}
	if err := r.push(ctx, missing); err != nil {
		return r.result(), err
	}
	return r.result(), r.checkReleases(ctx, missing)
}

// run is one copy.
type run struct {
	Copier
	plan *Plan

	manifests, present atomic.Int64
	complete           atomic.Int64 // images that were found at the target
	blobs, skipped     atomic.Int64
	bytes, skippedSize atomic.Int64

	mu       sync.Mutex
	uploaded []upload
}

// upload is a blob that the target accepted.
type upload struct {
	digest oci.Digest
	to     oci.Repository
}

func (r *run) result() Result {
	return Result{
		Manifests: int(r.manifests.Load()), Present: int(r.present.Load()),
		Blobs: int(r.blobs.Load()), Skipped: int(r.skipped.Load()),
		Bytes: r.bytes.Load(), SkippedSize: r.skippedSize.Load(),
	}
}

// each calls work for every item, parallel at once, until one fails.
func each[T any](ctx context.Context, parallel int, items []T, work func(context.Context, T) error) error {
	return eachIndex(ctx, parallel, len(items), func(ctx context.Context, i int) error { return work(ctx, items[i]) })
}

// eachIndex is each for the numbers below n.
func eachIndex(ctx context.Context, parallel, n int, work func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, parallel))
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			return work(ctx, i)
		})
	}
	return group.Wait()
}

// missing asks the target for every manifest, and returns those to push in their stages.
func (r *run) missing(ctx context.Context) ([][]Push, error) {
	all := r.plan.Pushes()
	lacks := make([]bool, len(all))
	err := eachIndex(ctx, r.Parallel, len(all), func(ctx context.Context, i int) (err error) {
		lacks[i], err = r.lacks(ctx, all[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	missing := make([][]Push, len(r.plan.Stages))
	for i, stage := range r.plan.Stages {
		for _, push := range stage {
			if lacks[0] {
				missing[i] = append(missing[i], push)
			}
			lacks = lacks[1:] // all are in the order of their stages
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
	case found.Digest == push.Digest && r.Repair:
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

// checkReleases looks for the releases that were pushed last.
func (r *run) checkReleases(ctx context.Context, missing [][]Push) error {
	var releases []Push
	for _, push := range slices.Concat(missing...) {
		if push.Kind == KindRelease && push.Target.Tag != "" {
			releases = append(releases, push)
		}
	}
	return each(ctx, r.Parallel, releases, func(ctx context.Context, push Push) error {
		found, err := describe(ctx, r.Target, push.Target)
		switch {
		case err != nil:
			return err
		case found.Digest == "":
			return fault.Errorf(fault.Integrity, "%s was accepted, and is not there", push.Target)
		case found.Digest != push.Digest:
			return fault.Errorf(fault.Integrity, "%s was accepted, and is %s now, not %s", push.Target, found.Digest, push.Digest)
		}
		return nil
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
