package plugin

import (
	"context"
	"slices"
	"sync"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/diff"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// diffSide is a release that was read to be compared.
type diffSide struct {
	diff.Side
	document v1alpha1.Release
	*evaluatedRelease
}

// checkLimits returns an error if the manifests exceed a limit.
func (d diffSide) checkLimits() error {
	if d.evaluatedRelease == nil {
		return nil
	}
	return d.evaluatedRelease.checkLimits()
}

// read reads both releases at once. It reads no manifests if one of them has none and no flag needs them.
func (r *diffRequest) read(ctx context.Context, s *session) (old, new diffSide, err error) {
	targets, err := s.resolve(ctx, r.releaseRequest)
	if err != nil {
		return old, new, err
	}
	options := image.ReadOptions{Repository: r.repository}
	without := slices.IndexFunc(targets, func(t target) bool { return !t.reference.HasManifests() })
	if without < 0 || r.needs != "" {
		options.Want = image.Want{Operator: true, Contents: image.AllContents, Shared: &image.Shared{}}
	}
	releases, err := s.readAll(ctx, targets, options)
	if err != nil {
		return old, new, err
	}
	sides := make([]diffSide, len(releases))
	for i, release := range releases {
		sides[i] = diffSide{document: releaseDocument(release), Side: diff.Side{Release: release.Release}}
	}
	if without >= 0 {
		s.warnf("%s has no manifests: only images and versions are compared", targets[without].reference.Text)
		return sides[0], sides[1], nil
	}
	readManifests := s.evaluateAll
	if !r.all {
		readManifests = s.readDiffering
	}
	evaluated, err := readManifests(ctx, targets, releases, r.inclusion)
	if err != nil {
		return old, new, err
	}
	for i, e := range evaluated {
		sides[i].evaluatedRelease = e
		sides[i].ReleaseImage, sides[i].Files, sides[i].Payload, sides[i].Entries = e.releaseImage, e.Files, e.payload, e.entries
		if r.files != nil {
			sides[i].Files = releases[i].Files // patterns may match files that do not differ
		}
	}
	return sides[0], sides[1], nil
}

// readDiffering reads the manifests of two releases in files that differ. It decides nothing about them.
func (s *session) readDiffering(_ context.Context, targets []target, releases []*image.Release, r inclusionRequest) ([]*evaluatedRelease, error) {
	before, after := diff.DifferingFiles(releases[0].Files, releases[1].Files)
	read := make([]*evaluatedRelease, len(releases))
	var rendering sync.WaitGroup
	for i, files := range []payload.Files{before, after} {
		rendering.Go(func() { read[i] = render(targets[i], releases[i].WithFiles(files), r, nil, nil) })
	}
	rendering.Wait()
	for _, e := range read {
		if err := e.checkLimits(); err != nil {
			return nil, err
		}
		e.entries = manifest.Undecided(e.payload.Objects)
		warnPayload(e, nil, s.warnAbout(e))
	}
	return read, nil
}
