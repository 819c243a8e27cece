package plugin

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/verify"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/sigstore"
	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// copyTarget is where releases are copied to.
type copyTarget interface {
	open(oci.Repository) mirror.Target
	// take takes the permits for reading from one repository while writing to another, as mirror.Copier wants it.
	take(ctx context.Context, from, to oci.Repository) (held context.Context, release func(), err error)
	// isLocal reports whether asking the target costs no request.
	isLocal() bool
	// prepare is called before the plan is carried out, finish after it.
	prepare(plan *mirror.Plan)
	finish(ctx context.Context, releases []readRelease) error
}

// run copies the releases. target is nil if only the plan is printed.
func (r *copyRequest) run(ctx context.Context, s *session, target copyTarget) (err error) {
	begun := time.Now()
	meter, err := s.copyMeter(ctx, r.progress)
	if err != nil {
		return err
	}
	defer func() { meter.Close(err) }()
	source := s.mirrorSource
	var saved mirror.Saved
	if len(r.from) > 0 {
		if saved, err = s.openSaved(ctx, r.from); err != nil {
			return err
		}
		defer saved.Close()
		source = saved.Source
	}
	arch := r.newTargetArch(s, target)
	if !r.dryRun && s.downloads == nil && saved == nil {
		defer s.useTemporaryCache()()
	}
	releases, plan, missing, err := r.prepare(ctx, s, saved, source, target, arch)
	if err != nil {
		return err
	}
	if ok, err := arch.confirm(ctx, s, releases, plan); err != nil {
		return err
	} else if !ok {
		if releases, plan, missing, err = r.prepare(ctx, s, saved, source, target, nil); err != nil {
			return err
		}
	}
	if len(missing) > 0 && r.requireSignatures {
		return fault.Errorf(fault.Integrity, "nothing was copied, because of --require-signatures: %s", listed(missing))
	}
	if r.dryRun {
		document := r.planDocument(releases, plan, missing)
		return r.output.Print(ctx, s.Out, printers.MirrorPlan(document))
	}
	copier := mirror.Copier{Source: source, Store: s.downloads.Blobs(), Meter: meter, AskAll: target.isLocal()}
	if saved != nil {
		if err := saved.Check(ctx, plan, target.open, s.perRegistry); err != nil {
			return err
		}
		copier.Store = nil // the blobs are on this machine already
		copier.AskAll = saved.NeedsBase()
	}
	result, err := r.copy(ctx, s, copier, target, releases, plan)
	meter.Close(err) // before the summary
	if err != nil {
		return err
	}
	document := r.resultDocument(releases, plan, result, missing, time.Since(begun))
	if err := r.output.Print(ctx, s.Out, printers.MirrorResult(document, mapping(plan))); err != nil {
		return err
	}
	if len(missing) > 0 {
		return fault.Errorf(fault.Partial, "everything was copied, but clusters of this release require signatures that the source does not have: %s", listed(missing))
	}
	return nil
}

// prepare reads and verifies the releases, and plans the copy. missing lists the signatures that are needed and missing. arch may
// be nil.
func (r *copyRequest) prepare(ctx context.Context, s *session, saved mirror.Saved, source func(oci.Repository) mirror.Source, target copyTarget, arch *targetArch) (releases []readRelease, plan *mirror.Plan, missing []string, err error) {
	if releases, missing, err = r.readReleases(ctx, s, saved, arch); err != nil {
		return nil, nil, nil, err
	}
	s.downloads.Wait() // so that the manifests of the releases are not read again
	reader := mirror.Reader{Source: source, Parallel: 2 * s.perRegistry}
	if !r.dryRun {
		reader.Target = target.open
	}
	if arch != nil {
		reader.Known = arch.found
	}
	plan, unsigned, err := r.plan(ctx, reader, releases)
	return releases, plan, append(missing, unsigned...), err
}

// listed is a list of problems for an error of one line.
func listed(problems []string) string {
	if len(problems) == 1 {
		return problems[0]
	}
	return fmt.Sprintf("%s; and %d more", problems[0], len(problems)-1)
}

// readRelease is a release that was read and verified.
type readRelease struct {
	mirror.Release
	document v1alpha1.Release
	keys     []sigstore.Key // that are trusted for its signatures
	// archFound says that the architecture was found at the target, and not confirmed.
	archFound bool
}

// readReleases reads and verifies the releases. missing lists the signatures that they lack and need.
func (r *copyRequest) readReleases(ctx context.Context, s *session, saved mirror.Saved, arch *targetArch) (releases []readRelease, missing []string, err error) {
	var targets []target
	if saved != nil {
		targets, err = savedTargets(ctx, saved, r.from, r.releases)
	} else {
		targets, err = s.resolve(ctx, r.releaseRequest)
	}
	if err != nil {
		return nil, nil, err
	}
	for _, t := range targets {
		if saved == nil && t.reference.Kind != image.KindRegistry {
			return nil, nil, fault.WithHint(fault.Usage, "`mirror --from` copies what pull saved", "%s is not in a registry: only releases from registries are copied", t.reference.Text)
		}
		release, lacks, err := r.readRelease(ctx, s, saved, arch, t)
		s.opened.closeAll() // it is not needed any more
		if err != nil {
			return nil, nil, err
		}
		releases, missing = append(releases, release), append(missing, lacks...)
	}
	return releases, missing, nil
}

func (r *copyRequest) readRelease(ctx context.Context, s *session, saved mirror.Saved, arch *targetArch, t target) (readRelease, []string, error) {
	checks := r.verification(s, arch, t)
	if saved != nil {
		checks = r.verifyFromLayout(ctx, checks, saved)
	}
	report, err := verify.Run(ctx, checks)
	if err != nil {
		return readRelease{}, nil, err
	}
	if err := report.Contradiction(); err != nil {
		return readRelease{}, nil, fmt.Errorf("nothing was copied: %w", err)
	}
	release, err := mirror.NewRelease(report.Release, s.flags.arch.value() != "")
	if err != nil {
		return readRelease{}, nil, err
	}
	if release.Components, err = r.choose(s, report.Release); err != nil {
		return readRelease{}, nil, err
	}
	if saved != nil {
		if release, err = r.keepSaved(ctx, s, saved, release); err != nil {
			return readRelease{}, nil, err
		}
	}
	read := readRelease{Release: release, document: releaseDocument(report.Release), archFound: arch != nil && report.Release.Config == nil}
	if read.keys, err = r.trust.sigstore.TrustedKeys(report.Release.Files); err != nil {
		return readRelease{}, nil, err
	}
	if r.skipSignatures {
		return read, nil, nil
	}
	if saved == nil {
		r.keepSignatures(ctx, s, report.Release)
	}
	if !release.Demand.OpenPGP || report.Signed(trust.OpenPGPCheck) {
		return read, nil, nil
	}
	return read, []string{"no trusted OpenPGP signature of " + t.reference.Text}, nil
}

// keepSignatures puts the OpenPGP signatures of a release into the cache, unless it has some: `verify --offline` reads them. The
// verification has reported stores that cannot be searched.
func (r *copyRequest) keepSignatures(ctx context.Context, s *session, release *image.Release) {
	covered := cmp.Or(release.Identity.ListDigest, release.Identity.Digest)
	if !r.dryRun && len(s.downloads.Signatures(covered)) == 0 {
		verify.KeepOpenPGP(ctx, release, s.openPGP(r.trust), s.downloads)
	}
}

// verification returns the request for package verify: all checks but those that reading and copying make anyway.
func (r *copyRequest) verification(s *session, arch *targetArch, t target) verify.Request {
	skip := []string{verify.Chain, verify.Image, verify.PayloadHash}
	if r.skipSignatures {
		skip = append(skip, trust.OpenPGPCheck, trust.SigstoreCheck)
	}
	q := s.verification(t, r.trust, skip)
	q.Read = func(ctx context.Context, o image.ReadOptions) (*image.Release, error) {
		o.Want.Operator = false       // only the payload's hash depends on it
		o.Want.Relevant = trust.Reads // the rest of a payload can be 90 MB
		if arch != nil {
			o.FindArch = arch.find
		}
		return s.readToVerify(ctx, t, o, skip)
	}
	return q
}

// choose returns the components to copy.
func (r *copyRequest) choose(s *session, release *image.Release) ([]payload.Component, error) {
	names := slices.Concat(r.selection.components, s.groupMembers(release, r.selection.groups))
	switch {
	case r.selection.onlyRelease:
		return nil, nil
	case len(r.selection.components)+len(r.selection.groups) == 0:
		return release.Components, nil
	}
	selection, err := release.Select(names)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(release.Components), func(c payload.Component) bool { return !selection.Components[c.Name] }), nil
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

// copy carries out a plan.
func (r *copyRequest) copy(ctx context.Context, s *session, copier mirror.Copier, target copyTarget, releases []readRelease, plan *mirror.Plan) (mirror.Result, error) {
	var keys []sigstore.Key
	for _, release := range releases {
		keys = append(keys, release.keys...)
	}
	target.prepare(plan)
	copier.Target, copier.Take = target.open, target.take
	copier.Parallel, copier.Force, copier.Keys = s.perRegistry, r.force, keys
	result, err := copier.Run(ctx, plan)
	if err != nil {
		return result, err
	}
	return result, target.finish(ctx, releases)
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
