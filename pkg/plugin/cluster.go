package plugin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/client-go/rest"

	"github.com/release-x/oc-release-x/pkg/payload/cluster"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
)

// lookup bounds the question for a version that a repository can answer as well.
const lookup = 3 * time.Second

// newCluster is the cluster that the flags and the environment name; it is not touched before it is asked.
func newCluster(f *factory) *cluster.Cluster {
	return cluster.New(func() (*rest.Config, error) {
		if f.global.cache.offline {
			return nil, fault.Errorf(fault.Network, "--offline was given, so no cluster is asked")
		}
		return f.global.cluster.config(f.Environment)
	})
}

// pullSecret reads the credentials for registries of the connected cluster.
func (f *factory) pullSecret(ctx context.Context) (data []byte, from string, err error) {
	if data, from, err = f.cluster.PullSecret(ctx); err != nil {
		return nil, "", fmt.Errorf("--pull-secret-from-cluster: %w", err)
	}
	f.notef("credentials for registries are those of %s", from)
	return data, from, nil
}

// desired is the release that the connected cluster runs, or is about to.
func (f *factory) desired(ctx context.Context) (image.Reference, error) {
	v, err := f.cluster.Version(ctx)
	if errors.Is(err, errNoCluster) {
		return image.Reference{}, fault.Errorf(fault.Usage, "no release given: want "+image.Forms+", or set "+releaseVariable+"; %w", err)
	}
	if err != nil {
		return image.Reference{}, fmt.Errorf("no release given, and asking the cluster for its own failed: %w", err)
	}
	if v.Desired.Image == "" {
		return image.Reference{}, fault.Errorf(fault.NotFound, "no release given, and the cluster at %s names none yet: its ClusterVersion has no status.desired.image", v.Server)
	}
	ref, err := f.named(v, v.Desired)
	if err != nil {
		return image.Reference{}, err
	}
	f.resolvedf("no release given: %s, which is %s, is the release of the cluster at %s", v.Desired.Image, v.Desired.Version, v.Server)
	return ref, nil
}

// known is the release of a version that the connected cluster knows. Without a cluster that can answer soon there is
// none, unless the command line itself names one that cannot be.
func (f *factory) known(ctx context.Context, asked image.Reference) (image.Reference, bool, error) {
	if f.silent {
		return image.Reference{}, false, nil
	}
	short, cancel := context.WithTimeoutCause(ctx, lookup, fmt.Errorf("no answer within %s", lookup))
	defer cancel()
	v, err := f.cluster.Version(short)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return image.Reference{}, false, context.Cause(ctx)
	case errors.Is(err, errNoCluster):
		return image.Reference{}, false, nil
	case f.global.cluster.given() && isMistake(err):
		return image.Reference{}, false, err
	default:
		f.silent = true
		f.notef("the cluster is not asked about %s: %v", asked.Text, err)
		return image.Reference{}, false, nil
	}
	release, where, ok := find(v, asked, f.global.arch.value())
	if !ok {
		f.notef("%s", unknown(v, asked))
		return image.Reference{}, false, nil
	}
	ref, err := f.named(v, release)
	if err != nil {
		return image.Reference{}, false, err
	}
	f.resolvedf("%s is %s, %s at %s", asked.Text, release.Image, where, v.Server)
	ref.Text, ref.Version, ref.Arch = asked.Text, asked.Version, asked.Arch
	f.verbatim[ref] = release.Image
	return ref, true, nil
}

// unknown says why the cluster does not decide what a version is.
func unknown(v *cluster.Version, asked image.Reference) string {
	if _, _, ok := v.Find(asked.Version, func(cluster.Release) bool { return true }); ok {
		return fmt.Sprintf("the cluster at %s does not say for which architecture its %s is, so %s is the one of the tag", v.Server, asked.Version, asked.Text)
	}
	return fmt.Sprintf("%s is not among the releases that the cluster at %s knows", asked.Text, v.Server)
}

// isMistake says whether an error is about the configuration and not about the cluster.
func isMistake(err error) bool {
	kind := fault.KindOf(err)
	return kind == fault.Usage || kind == fault.Local
}

// find looks for a version in what a cluster knows. A cluster says of a release whether it is for several
// architectures, but not for which one otherwise: who asks for one gets it from such a release, or by its tag.
func find(v *cluster.Version, asked image.Reference, arch string) (release cluster.Release, where string, ok bool) {
	if asked.Arch != "" {
		verbatim := func(cluster.Release) bool { return true }
		if release, where, ok := v.Find(asked.Version+"-"+asked.Arch, verbatim); ok {
			return release, where, true
		}
		return v.Find(asked.Version, func(r cluster.Release) bool { return asked.Arch == "multi" && r.Multi() })
	}
	return v.Find(asked.Version, func(r cluster.Release) bool { return arch == "" || r.Multi() })
}

// named is the reference to a release by the pull spec that a cluster has for it.
func (f *factory) named(v *cluster.Version, release cluster.Release) (image.Reference, error) {
	ref, err := image.ParseReference(release.Image)
	if err != nil || ref.Kind != image.KindRegistry {
		return image.Reference{}, fault.Errorf(fault.NotFound, "the cluster at %s names %q as the image of %s, which is no pull spec", v.Server, release.Image, release.Version)
	}
	f.verbatim[ref] = release.Image
	return ref, nil
}
