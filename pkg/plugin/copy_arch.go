package plugin

import (
	"context"
	"slices"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// targetArch finds the architecture of a release by its tag at the target, VERSION-ARCH. Of a release that is one image, only
// the configuration says the architecture, and without a cache it would be fetched on every run. A run that finds everything
// at the target copies nothing, and does not need it. Any other run has to confirm what was found.
type targetArch struct {
	layout mirror.Layout
	target copyTarget
	found  map[oci.PullSpec]oci.Descriptor // the tags that were asked for; an empty digest if there is none
}

// newTargetArch returns nil if the configuration is to be read: it is kept in the cache then, or the target is not asked.
func (r *copyRequest) newTargetArch(s *session, target copyTarget) *targetArch {
	if s.downloads != nil || r.dryRun || r.repair || len(r.from) > 0 || !target.isReady() {
		return nil
	}
	return &targetArch{r.layout, target, map[oci.PullSpec]oci.Descriptor{}}
}

// find returns the architecture of a release, "" if the target does not say it.
func (a *targetArch) find(ctx context.Context, release *image.Release) string {
	name := mirror.Name{Version: release.Version, Arch: release.Asked().Arch, Tag: release.Identity.Tag, Digest: release.Identity.Digest}
	if name.Arch == "" {
		name.Arch = "x86_64" // what most releases are
	}
	arch, err := image.ParseArch(name.Arch)
	if err != nil {
		return ""
	}
	tag, err := a.layout.Release(name)
	if err != nil {
		return ""
	}
	name.Arch = "other"
	if other, err := a.layout.Release(name); err != nil || other == tag {
		return "" // the tag does not say it
	}
	found, err := a.target.open(tag.Repository).Describe(ctx, tag.Name())
	switch {
	case fault.KindOf(err) == fault.NotFound:
		found = oci.Descriptor{}
	case err != nil:
		return "" // the plan asks again, and returns the error
	}
	a.found[tag] = found
	if found.Digest != name.Digest {
		return ""
	}
	return arch
}

// confirm reads the configurations of releases whose architecture was found at the target, unless the plan has nothing to
// copy. ok is false if one of them has another architecture: somebody gave it the tag of another one.
func (a *targetArch) confirm(ctx context.Context, s *session, releases []readRelease, plan *mirror.Plan) (ok bool, err error) {
	if a == nil || !slices.ContainsFunc(plan.Pushes(), lacking) {
		return true, nil
	}
	for _, release := range releases {
		if !release.archFound {
			continue
		}
		arch, err := s.configuredArch(ctx, release.Image)
		if err != nil || image.TagArch(arch) != release.Name.Arch {
			return false, err
		}
	}
	return true, nil
}

// lacking reports whether the target lacks a manifest, or was not asked for it.
func lacking(push mirror.Push) bool { return push.Found == nil || push.Found.Digest != push.Digest }

// configuredArch returns the architecture that the configuration of an image says.
func (s *session) configuredArch(ctx context.Context, spec oci.PullSpec) (string, error) {
	ref, err := image.ParseReference(spec.String())
	if err != nil {
		return "", err
	}
	opened, err := s.opener(ref, s.warnf).Open(ctx, ref)
	if err != nil {
		return "", err
	}
	defer opened.Close()
	config, err := opened.Config(ctx)
	if err != nil {
		return "", err
	}
	return config.Architecture, nil
}
