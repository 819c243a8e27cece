package plugin

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/printers"
)

// copyTarget is where releases are copied to.
type copyTarget interface {
	open(oci.Repository) mirror.Target
	// take takes the permits for reading from one repository while writing to another, as mirror.Copier wants it.
	take(ctx context.Context, from, to oci.Repository) (held context.Context, release func(), err error)
	// isLocal reports whether asking the target costs no request.
	isLocal() bool
	// isReady reports whether the target can be asked before prepare is called.
	isReady() bool
	// prepare is called before the plan is carried out, finish after it.
	prepare(ctx context.Context, plan *mirror.Plan, releases []readRelease) error
	finish(ctx context.Context, releases []readRelease) error
	// parts are the files that were written, if the target is an archive in several.
	parts() []string
}

// copyRun carries out a request.
type copyRun struct {
	*copyRequest
	session *session
	target  copyTarget                         // nil if only the plan is printed
	saved   mirror.Saved                       // to copy from; nil for registries
	source  func(oci.Repository) mirror.Source // those of saved, or of registries
}

// run copies the releases. target is nil if only the plan is printed.
func (r *copyRequest) run(ctx context.Context, s *session, target copyTarget) (err error) {
	begun := time.Now()
	meter, err := s.copyMeter(ctx, r.progress)
	if err != nil {
		return err
	}
	defer func() { meter.Close(err) }()
	c := &copyRun{copyRequest: r, session: s, target: target, source: s.mirrorSource}
	if len(r.from) > 0 {
		if c.saved, err = s.openSaved(ctx, r.from); err != nil {
			return err
		}
		defer c.saved.Close()
		s.layouts = c.saved
		c.source = c.saved.Source
	}
	arch := r.newTargetArch(s, target)
	if !r.dryRun && s.downloads == nil && c.saved == nil {
		defer s.useTemporaryCache()()
	}
	releases, plan, missing, err := c.prepare(ctx, arch)
	if err != nil {
		return err
	}
	if ok, err := arch.confirm(ctx, s, releases, plan); err != nil {
		return err
	} else if !ok {
		if releases, plan, missing, err = c.prepare(ctx, nil); err != nil {
			return err
		}
	}
	if len(missing) > 0 && r.requireSignatures {
		return fault.Errorf(fault.Integrity, "nothing was copied, because of --require-signatures: %s", listed(missing))
	}
	files, err := c.objectFiles(releases, plan)
	if err != nil {
		return err
	}
	if r.dryRun {
		document, err := r.planDocument(ctx, releases, plan, missing)
		if err != nil {
			return err
		}
		return r.output.Print(ctx, s.Out, printers.MirrorPlan(document))
	}
	result, later, err := c.copy(ctx, releases, plan, meter)
	meter.Close(err) // before the summary
	if err != nil {
		return err
	}
	document := r.resultDocument(releases, plan, result, missing, time.Since(begun))
	document.Parts, document.MissingParts = target.parts(), c.saved.Parts().With(later)
	if r.objects != nil && len(later) == 0 {
		if document.ClusterFiles, err = r.objects.write(files); err != nil {
			return fmt.Errorf("everything was copied, but --manifests-to: %w", err)
		}
	}
	if err := r.output.Print(ctx, s.Out, printers.MirrorResult(document, mapping(plan))); err != nil {
		return err
	}
	if len(later) > 0 {
		return c.incomplete(later)
	}
	if len(missing) > 0 {
		return fault.Errorf(fault.Partial, "everything was copied, but clusters of this release require signatures that the source does not have: %s", listed(missing))
	}
	return nil
}

// prepare reads and verifies the releases, and plans the copy. missing lists the signatures that are needed and missing. arch may
// be nil.
func (c *copyRun) prepare(ctx context.Context, arch *targetArch) (releases []readRelease, plan *mirror.Plan, missing []string, err error) {
	if releases, missing, err = c.readReleases(ctx, arch); err != nil {
		return nil, nil, nil, err
	}
	c.session.downloads.Wait() // so that the manifests of the releases are not read again
	reader := mirror.Reader{Source: c.source, Parallel: 2 * c.session.perRegistry, Repair: c.repair}
	if !c.dryRun && c.target.isReady() {
		reader.Target = c.target.open
	}
	if arch != nil {
		reader.Known = arch.found
	}
	plan, unsigned, err := c.plan(ctx, reader, releases)
	return releases, plan, append(missing, unsigned...), err
}

// listed is a list of problems for an error of one line.
func listed(problems []string) string {
	if len(problems) == 1 {
		return problems[0]
	}
	return fmt.Sprintf("%s; and %d more", problems[0], len(problems)-1)
}

// plan reads all manifests and signatures and plans the copy. unsigned lists the signatures that are needed and missing.
func (r *copyRequest) plan(ctx context.Context, reader mirror.Reader, releases []readRelease) (plan *mirror.Plan, unsigned []string, err error) {
	list := make([]mirror.Release, len(releases))
	for i, release := range releases {
		list[i] = release.Release
	}
	wanted, err := r.layout.Wanted(list)
	if err != nil {
		return nil, nil, err
	}
	images, err := reader.Read(ctx, wanted)
	if err != nil {
		return nil, nil, err
	}
	if !r.skipSignatures {
		signatures, without, err := reader.Signatures(ctx, images)
		if err != nil && ctx.Err() == nil {
			err = fault.WithHint(fault.KindOf(err), "--skip-signatures leaves out all signatures", "reading signatures: %w", err)
		}
		if err != nil {
			return nil, nil, err
		}
		images = append(images, signatures...)
		unsigned = mirror.MissingSignatures(list, without)
	}
	plan, err = mirror.NewPlan(images)
	return plan, unsigned, err
}

// mirrorSource returns a repository to copy from, with the manifests that the cache has.
func (s *session) mirrorSource(repository oci.Repository) mirror.Source {
	return mirror.Cached(s.registries.Source(repository), repository, s.downloads)
}

// copy carries out a plan. later are the blobs that other parts of an archive have: without them no image gets its tag.
func (c *copyRun) copy(ctx context.Context, releases []readRelease, plan *mirror.Plan, meter mirror.Meter) (result mirror.Result, later []mirror.Blob, err error) {
	copier := mirror.Copier{
		Source: c.source, Target: c.target.open, Take: c.target.take, Store: c.session.downloads.Blobs(),
		Parallel: c.session.perRegistry, Force: c.force, Repair: c.repair, AskAll: c.target.isLocal() || c.repair, Meter: meter,
	}
	for _, release := range releases {
		copier.Keys = append(copier.Keys, release.keys...)
	}
	if c.saved != nil {
		if later, err = c.saved.Check(ctx, plan, c.target.open, c.session.perRegistry); err != nil {
			return result, nil, err
		}
		copier.Store, copier.AskAll = nil, c.saved.NeedsBase() || c.repair // the blobs are on this machine already
		copier.Later = make(map[oci.Digest]bool, len(later))
		for _, b := range later {
			copier.Later[b.Digest] = true
		}
	}
	if err := c.target.prepare(ctx, plan, releases); err != nil {
		return result, nil, err
	}
	if result, err = copier.Run(ctx, plan); err != nil {
		return result, nil, err
	}
	return result, later, c.target.finish(ctx, releases)
}

// useTemporaryCache gives a session without a cache one that remove deletes: blobs are kept in it while they are copied, and
// the payloads of the releases are not read twice. Without room for a directory blobs are read while they are written.
func (s *session) useTemporaryCache() (remove func()) {
	dir, err := os.MkdirTemp("", "oc-release-x-")
	if err != nil {
		s.notef("blobs are not kept while they are copied: %v; TMPDIR names another directory for temporary files", err)
		return func() {}
	}
	s.downloads = cache.New(cache.Options{Dir: dir, Notef: s.notef})
	return func() {
		s.downloads.Wait()
		_ = os.RemoveAll(dir)
	}
}
