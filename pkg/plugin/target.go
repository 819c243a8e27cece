package plugin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/release-x/oc-release-x/pkg/payload/cluster"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// releaseRequest is which releases a command line asks for, and the names of what it asks for in them.
type releaseRequest struct {
	releases   []image.Reference // as they were typed; none: the one that the connected cluster runs
	names      []string
	repository oci.Repository // of versions, and of the pull specs of releases from sources that name none

	fromEnvironment bool // the environment names the release
}

// hosts are the registries, host[:port], that the command line names. A release that the environment names is none of them.
func (r releaseRequest) hosts() []string {
	var hosts []string
	if r.repository.String() != defaultRepository {
		hosts = append(hosts, r.repository.Host)
	}
	if !r.fromEnvironment {
		for _, ref := range r.releases {
			if !ref.Repository.IsZero() {
				hosts = append(hosts, ref.Repository.Host)
			}
		}
	}
	return hosts
}

// target is a release that was asked for and where it lies.
type target struct {
	reference image.Reference
	// clusterImage is the pull spec by which the connected cluster names the release; empty when it does not.
	clusterImage    string
	fromEnvironment bool
}

// explain says of an error that the environment names the release: the user may not remember.
func (t target) explain(err error) error { return explainEnvironment(err, t.fromEnvironment) }

func explainEnvironment(err error, fromEnvironment bool) error {
	if !fromEnvironment {
		return err
	}
	return fmt.Errorf("$%s: %w", releaseVariable, err)
}

// resolve finds out where the releases lie. It asks the connected cluster, once, when it needs to know versions.
func (s *session) resolve(ctx context.Context, r releaseRequest) ([]target, error) {
	if len(r.releases) == 0 {
		t, err := s.clusterRelease(ctx)
		return []target{t}, err
	}
	known, err := s.knownReleases(ctx, r.releases)
	if err != nil {
		return nil, err
	}
	targets := make([]target, len(r.releases))
	for i, ref := range r.releases {
		targets[i] = target{reference: ref, fromEnvironment: r.fromEnvironment}
		if ref.Kind != image.KindVersion {
			continue
		}
		if targets[i], err = s.resolveVersion(known, ref, r.repository); err != nil {
			return nil, err
		}
		targets[i].fromEnvironment = r.fromEnvironment
	}
	return targets, nil
}

// resolveOne is resolve for a command that takes one release.
func (s *session) resolveOne(ctx context.Context, r releaseRequest) (target, error) {
	targets, err := s.resolve(ctx, r)
	if err != nil {
		return target{}, err
	}
	return targets[0], nil
}

// clusterRelease is the release that the connected cluster runs, or is about to.
func (s *session) clusterRelease(ctx context.Context) (target, error) {
	v, err := s.cluster.Version(ctx)
	if errors.Is(err, cluster.ErrNotConfigured) {
		return target{}, fault.Errorf(fault.Usage, "no release given: want "+image.Forms+", or set "+releaseVariable+"; %w", err)
	}
	if err != nil {
		return target{}, fmt.Errorf("no release given, and reading the release of the cluster failed: %w", err)
	}
	if v.Desired.Image == "" {
		return target{}, fault.Errorf(fault.NotFound, "no release given, and the cluster at %s names none yet: its ClusterVersion has no status.desired.image", v.Server)
	}
	t, err := clusterTarget(v, v.Desired)
	if err == nil {
		s.resolvedf("no release given: %s, which is %s, is the release of the cluster at %s", v.Desired.Image, v.Desired.Version, v.Server)
	}
	return t, err
}

// knownReleases is what the connected cluster knows, nil without a version to look up and without a cluster that answers
// soon. A cluster that the command line names and that cannot be asked is an error.
func (s *session) knownReleases(ctx context.Context, releases []image.Reference) (*cluster.Version, error) {
	i := slices.IndexFunc(releases, func(ref image.Reference) bool { return ref.Kind == image.KindVersion })
	if i < 0 {
		return nil, nil
	}
	short, cancel := cluster.Briefly(ctx)
	defer cancel()
	v, err := s.cluster.Version(short)
	switch {
	case err == nil:
		return v, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, cluster.ErrNotConfigured):
		return nil, nil
	case s.flags.cluster.given() && cluster.IsConfigurationError(err):
		return nil, err
	}
	s.infof("the cluster is not asked about %s: %v", releases[i].Text, err)
	return nil, nil
}

// resolveVersion is the image of a version: the one that the connected cluster knows, else a tag. The reference keeps the
// version, which the release is compared with once it was read.
func (s *session) resolveVersion(known *cluster.Version, asked image.Reference, repository oci.Repository) (target, error) {
	if known == nil {
		return s.versionTag(asked, repository)
	}
	release, where, ok := known.Release(asked.Version, asked.Arch, s.flags.arch.value())
	if !ok {
		if known.HasVersion(asked.Version) {
			s.infof("the cluster at %s does not say for which architecture its %s is, so %s is the one of the tag", known.Server, asked.Version, asked.Text)
		} else {
			s.infof("%s is not among the releases that the cluster at %s knows", asked.Text, known.Server)
		}
		return s.versionTag(asked, repository)
	}
	t, err := clusterTarget(known, release)
	if err != nil {
		return target{}, err
	}
	s.resolvedf("%s is %s, %s at %s", asked.Text, release.Image, where, known.Server)
	t.reference.Text, t.reference.Version, t.reference.Arch = asked.Text, asked.Version, asked.Arch
	return t, nil
}

// versionTag is the image of a version: the tag VERSION-ARCH in the release repository. Where no architecture was asked
// for, the tag VERSION will do too: releases of OKD, nightlies and those of CI have tags without an architecture.
func (s *session) versionTag(asked image.Reference, repository oci.Repository) (target, error) {
	wanted := s.flags.arch.value()
	tag := asked.Version + "-" + image.TagArch(cmp.Or(asked.Arch, wanted, "amd64"))
	ref, err := image.ParseReference(repository.Tag(tag).String())
	if err != nil {
		return target{}, err
	}
	s.resolvedf("%s is %s", asked.Text, ref.Text)
	ref.Text, ref.Version, ref.Arch = asked.Text, asked.Version, asked.Arch
	if asked.Arch == "" && wanted == "" {
		ref.Fallback = asked.Version
	}
	return target{reference: ref}, nil
}

// clusterTarget is a release by the pull spec that a cluster has for it.
func clusterTarget(v *cluster.Version, release cluster.Release) (target, error) {
	ref, err := image.ParseReference(release.Image)
	if err != nil || ref.Kind != image.KindRegistry {
		return target{}, fault.Errorf(fault.NotFound, "the cluster at %s names %q as the image of %s, which is not a pull spec", v.Server, release.Image, release.Version)
	}
	return target{reference: ref, clusterImage: release.Image}, nil
}
