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

// releaseRequest holds the releases and names of a command line.
type releaseRequest struct {
	releases   []image.Reference // as typed; none means the release of the connected cluster
	names      []string
	repository oci.Repository // for versions, and for pull specs of releases from sources without one

	fromEnvironment bool // the release is from the environment
}

// hosts returns the registries, host[:port], that the command line names. It leaves out a release from the environment.
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

// target is the location of a requested release.
type target struct {
	reference image.Reference
	// clusterImage is the pull spec of the release in the connected cluster, "" if the cluster does not know it.
	clusterImage    string
	fromEnvironment bool
}

// explain adds the environment variable to an error if it names the release: users forget that they set it.
func (t target) explain(err error) error { return nameVariable(err, t.fromEnvironment) }

// nameVariable adds the environment variable to an error about a release from the environment.
func nameVariable(err error, fromEnvironment bool) error {
	if !fromEnvironment {
		return err
	}
	return fmt.Errorf("$%s: %w", releaseVariable, err)
}

// resolve locates releases. It asks the connected cluster at most once, and only about versions or without a release.
func (s *session) resolve(ctx context.Context, r releaseRequest) ([]target, error) {
	if len(r.releases) == 0 {
		t, err := s.clusterRelease(ctx)
		return []target{t}, err
	}
	clusterVersion, err := s.clusterVersion(ctx, r.releases)
	if err != nil {
		return nil, err
	}
	targets := make([]target, len(r.releases))
	for i, ref := range r.releases {
		targets[i] = target{reference: ref, fromEnvironment: r.fromEnvironment}
		if ref.Kind != image.KindVersion {
			continue
		}
		if targets[i], err = s.resolveVersion(clusterVersion, ref, r.repository); err != nil {
			return nil, err
		}
		targets[i].fromEnvironment = r.fromEnvironment
	}
	return targets, nil
}

// resolveOne is resolve for commands that take one release.
func (s *session) resolveOne(ctx context.Context, r releaseRequest) (target, error) {
	targets, err := s.resolve(ctx, r)
	if err != nil {
		return target{}, err
	}
	return targets[0], nil
}

// clusterRelease returns the release that the connected cluster runs or updates to.
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

// clusterVersion asks the connected cluster for its releases. It returns nil if no release is a version, if there is no
// cluster, or if the cluster does not answer soon. If the command line names a cluster wrongly, it returns an error.
func (s *session) clusterVersion(ctx context.Context, releases []image.Reference) (*cluster.Version, error) {
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

// resolveVersion returns the image of a version: from the connected cluster if it knows the version, else by tag. The
// reference keeps the version, to compare it with the release that is read.
func (s *session) resolveVersion(clusterVersion *cluster.Version, asked image.Reference, repository oci.Repository) (target, error) {
	if clusterVersion == nil {
		return s.versionTag(asked, repository)
	}
	release, where, ok := clusterVersion.Release(asked.Version, asked.Arch, s.flags.arch.value())
	if !ok {
		if clusterVersion.HasVersion(asked.Version) {
			s.infof("the cluster at %s does not say for which architecture its %s is, so %s is the one of the tag", clusterVersion.Server, asked.Version, asked.Text)
		} else {
			s.infof("%s is not among the releases that the cluster at %s knows", asked.Text, clusterVersion.Server)
		}
		return s.versionTag(asked, repository)
	}
	t, err := clusterTarget(clusterVersion, release)
	if err != nil {
		return target{}, err
	}
	s.resolvedf("%s is %s, %s at %s", asked.Text, release.Image, where, clusterVersion.Server)
	t.reference.Text, t.reference.Version, t.reference.Arch = asked.Text, asked.Version, asked.Arch
	return t, nil
}

// versionTag returns the image of a version: the tag VERSION-ARCH in the release repository. If no architecture is
// requested, the tag VERSION is tried next: releases of OKD, nightlies and CI have tags without an architecture.
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

// clusterTarget returns a release by its pull spec in a cluster.
func clusterTarget(v *cluster.Version, release cluster.Release) (target, error) {
	ref, err := image.ParseReference(release.Image)
	if err != nil || ref.Kind != image.KindRegistry {
		return target{}, fault.Errorf(fault.NotFound, "the cluster at %s names %q as the image of %s, which is not a pull spec", v.Server, release.Image, release.Version)
	}
	return target{reference: ref, clusterImage: release.Image}, nil
}
