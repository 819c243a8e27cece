package plugin

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"

	"github.com/release-x/oc-release-x/pkg/payload/cluster"
	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
	"github.com/release-x/oc-release-x/pkg/payload/verify"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// parallelReads is how many releases are read at once.
const parallelReads = 8

// session is what a run has of the world outside, as the flags of every command describe it. Nothing is contacted
// before a run asks for it. It is safe for use by several goroutines.
type session struct {
	Environment
	*log
	flags      *globalFlags
	limits     image.Limits
	documents  document.Limits
	registries *registry.Client
	cluster    *cluster.Cluster
	downloads  *cache.Cache // nil when nothing is kept
	noCache    sync.Once    // the note that nothing is kept
}

// newSession makes a session. It reads the files that flags name, each of which has to be what its flag says.
func newSession(ctx context.Context, f *factory, insecureHosts []string) (*session, error) {
	s, err := openSession(f, insecureHosts)
	if err != nil {
		return nil, err
	}
	return s, s.registries.CheckFiles(ctx)
}

// openSession makes a session without a look at the files that flags name.
func openSession(f *factory, insecureHosts []string) (*session, error) {
	s := &session{Environment: f.Environment, flags: f.flags, log: &log{
		out: f.ErrOut, terminal: f.ErrTerminal, verbosity: f.flags.verbosity,
	}}
	var err error
	if s.limits, s.documents, err = f.flags.limits.limits(); err != nil {
		return nil, err
	}
	s.cluster = cluster.New(s.clusterConfig)
	s.registries = registry.New(s.registryOptions(insecureHosts))
	s.downloads = s.flags.cache.open(s.cacheOptions())
	return s, nil
}

// cacheOptions are those of the cache that the flags name.
func (s *session) cacheOptions() cache.Options { return s.flags.cache.options(s.Environment, s.log) }

// clusterConfig is how the cluster is reached that the flags and the environment name.
func (s *session) clusterConfig() (*rest.Config, error) {
	if s.flags.cache.offline {
		return nil, fault.Errorf(fault.Network, "--offline was given, so no cluster is asked")
	}
	return s.flags.cluster.config()
}

// registryOptions say how registries are reached. insecureHosts are the ones that the command line names.
func (s *session) registryOptions(insecureHosts []string) registry.Options {
	r := s.flags.registry
	options := registry.Options{
		AuthFile:       r.authFile,
		Getenv:         s.Getenv,
		Home:           s.Home,
		UID:            s.UID,
		CAFile:         r.caFile,
		MaxPerRegistry: r.maxPerRegistry,
		AllowRealm:     r.allowRealm,
		Mirrors:        r.mirrors,
		UserAgent:      userAgent(),
		Log:            s.logger(),
	}
	if s.flags.cache.offline {
		options.Dial = noDial
	}
	if s.flags.cluster.pullSecret {
		options.PullSecret = s.pullSecret
	}
	if r.insecure {
		options.Insecure = insecureHosts
	}
	return options
}

// pullSecret reads the credentials for registries of the connected cluster.
func (s *session) pullSecret(ctx context.Context) (data []byte, from string, err error) {
	if data, from, err = s.cluster.PullSecret(ctx); err != nil {
		return nil, "", fmt.Errorf("--pull-secret-from-cluster: %w", err)
	}
	s.infof("credentials for registries are those of %s", from)
	return data, from, nil
}

// opener gives access to a release; what it warns of goes to warnf.
func (s *session) opener(ref image.Reference, warnf func(format string, args ...any)) image.Opener {
	o := image.Opener{
		Registry:  s.registries,
		Stdin:     s.In,
		Arch:      s.flags.arch.value(),
		HostArch:  preferredArch(ref),
		Limits:    s.limits,
		Documents: s.documents,
		Offline:   s.flags.cache.offline,
		Notef:     s.resolvedf,
		Warnf:     warnf,
	}
	if ref.Kind != image.KindRegistry {
		return o
	}
	if s.downloads == nil && !s.flags.cache.none {
		s.noCache.Do(func() {
			s.notef("downloads are not cached: the user has no cache directory, and --cache-dir is not set")
		})
	}
	o.Cache = s.downloads
	return o
}

// preferredArch is the architecture of a manifest list that is read when no flag names one: that of the version, else the
// host's.
func preferredArch(ref image.Reference) string {
	if arch, err := image.ParseArch(ref.Arch); err == nil {
		return arch
	}
	return runtime.GOARCH
}

// read reads a release, and warns of what is odd about it.
func (s *session) read(ctx context.Context, t target, o image.ReadOptions) (*image.Release, error) {
	return s.readWith(ctx, t, o, s.warnf)
}

func (s *session) readWith(ctx context.Context, t target, o image.ReadOptions, warnf func(format string, args ...any)) (*image.Release, error) {
	release, err := s.opener(t.reference, warnf).Read(ctx, t.reference, o)
	if err != nil {
		return nil, t.explain(err)
	}
	s.warnOther(release, warnf)
	warnAll(release.Warnings, warnf)
	return release, nil
}

// readToVerify reads a release for checks, one of which says that a version which was typed is another one.
func (s *session) readToVerify(ctx context.Context, t target, o image.ReadOptions, skip []string) (*image.Release, error) {
	if slices.Contains(skip, verify.Version) {
		return s.read(ctx, t, o)
	}
	release, err := s.opener(t.reference, s.warnf).Read(ctx, t.reference, o)
	if err != nil {
		return nil, t.explain(err)
	}
	if !release.Asked().Typed {
		s.warnOther(release, s.warnf)
	}
	warnAll(release.Warnings, s.warnf)
	return release, nil
}

func warnAll[W ~string](warnings []W, warnf func(format string, args ...any)) {
	for _, warning := range warnings {
		warnf("%s", warning)
	}
}

// readAll reads several releases at once and gives them in their order. Its error is that of the first one that could not
// be read; warnings come in the order of the releases.
func (s *session) readAll(ctx context.Context, targets []target, o image.ReadOptions) ([]*image.Release, error) {
	if len(targets) == 1 {
		release, err := s.read(ctx, targets[0], o)
		return []*image.Release{release}, err
	}
	releases, errs, warnings := make([]*image.Release, len(targets)), make([]error, len(targets)), make([][]string, len(targets))
	var group errgroup.Group
	group.SetLimit(parallelReads)
	for i, t := range targets {
		group.Go(func() error {
			warnf := func(format string, args ...any) { warnings[i] = append(warnings[i], fmt.Sprintf(format, args...)) }
			releases[i], errs[i] = s.readWith(ctx, t, o, warnf)
			return nil
		})
	}
	_ = group.Wait() // errs has the errors
	for _, list := range warnings {
		for _, warning := range list {
			s.warnf("%s", warning)
		}
	}
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return releases, nil
}

// warnOther warns when the release is not the one that was asked for.
func (s *session) warnOther(r *image.Release, warnf func(format string, args ...any)) {
	if text := r.OtherVersion(); text != "" {
		warnf("%s", text)
	}
	// The opener has warned of an architecture that --arch asked for.
	asked, _ := image.ParseArch(r.Asked().Arch)
	if text := r.OtherArchitecture(); text != "" && (asked == "" || asked != s.flags.arch.value()) {
		warnf("%s", text)
	}
}

// strictError is the error of a command that has warned and was called with --strict.
func (s *session) strictError() error { return s.flags.strictError(int(s.warned.Load())) }

// releaseDocument is a release as every document names it.
func releaseDocument(r *image.Release) v1alpha1.Release {
	return v1alpha1.Release{
		Reference:    r.Identity.Reference,
		Image:        r.PullSpec,
		Digest:       r.Identity.Digest.String(),
		ListDigest:   r.Identity.ListDigest.String(),
		Version:      r.Version,
		Architecture: r.Architecture(),
	}
}
