package plugin

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"

	"github.com/release-x/oc-release-x/internal/display"
	"github.com/release-x/oc-release-x/pkg/payload/cluster"
	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
	"github.com/release-x/oc-release-x/pkg/payload/verify"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// parallelReads is the largest number of releases that are read in parallel.
const parallelReads = 8

// session has the clients that a run needs, configured by the flags of every command. They contact nothing until a run
// uses them. Goroutines may share a session.
type session struct {
	Environment
	*log
	flags       *globalFlags
	limits      image.Limits
	documents   document.Limits
	registries  *registry.Client
	cluster     *cluster.Cluster
	downloads   *cache.Cache    // nil without a cache
	opened      closers         // releases that were read
	layouts     []*image.Layout // that are open for the whole session
	perRegistry int             // parallel requests to one registry
	noCache     sync.Once       // prints the note that there is no cache

	// copyMeter opens the display of a copy for a value of --progress.
	copyMeter func(ctx context.Context, value string) (display.CopyMeter, error)
}

// defaultPerRegistry is the default of --max-per-registry.
const defaultPerRegistry = 8

// newSession opens a session and checks the files that flags name.
func newSession(ctx context.Context, f *factory, r request) (*session, error) {
	s, err := openSession(f, r.hosts())
	if err != nil {
		return nil, err
	}
	return s, s.registries.CheckFiles(ctx)
}

// openSession opens a session without checking the files that flags name. --insecure applies to insecureHosts.
func openSession(f *factory, insecureHosts []string) (*session, error) {
	s := &session{Environment: f.Environment, flags: f.flags, perRegistry: f.flags.registry.maxPerRegistry.or(defaultPerRegistry), log: &log{
		out: f.ErrOut, terminal: f.ErrTerminal, verbosity: f.flags.verbosity,
	}, copyMeter: f.copyMeter}
	var err error
	if s.limits, s.documents, err = f.flags.limits.limits(); err != nil {
		return nil, err
	}
	s.cluster = cluster.New(s.clusterConfig)
	s.registries = registry.New(s.registryOptions(insecureHosts))
	s.downloads = s.flags.cache.open(s.cacheOptions())
	return s, nil
}

// cacheOptions returns the options of the cache from the flags.
func (s *session) cacheOptions() cache.Options { return s.flags.cache.options(s.Environment, s.log) }

// clusterConfig returns the configuration for the API server from the flags and the environment.
func (s *session) clusterConfig() (*rest.Config, error) {
	if s.flags.cache.offline {
		return nil, fault.Errorf(fault.Network, "--offline was given, so no cluster is asked")
	}
	return s.flags.cluster.config()
}

// registryOptions returns the options of the registry client. --insecure applies to insecureHosts.
func (s *session) registryOptions(insecureHosts []string) registry.Options {
	r := s.flags.registry
	options := registry.Options{
		AuthFile:       r.authFile,
		Getenv:         s.Getenv,
		Home:           s.Home,
		UID:            s.UID,
		CAFile:         r.caFile,
		MaxPerRegistry: s.perRegistry,
		AllowRealm:     r.allowRealm,
		Mirrors:        r.mirrors,
		UserAgent:      userAgent(),
		Log:            s.logger(),
	}
	if s.flags.cache.offline {
		options.Dial = refuseDial
	}
	if s.flags.cluster.pullSecret {
		options.PullSecret = s.pullSecret
	}
	if r.insecure {
		options.Insecure = insecureHosts
	}
	return options
}

// pullSecret reads the pull secret of the connected cluster.
func (s *session) pullSecret(ctx context.Context) (data []byte, from string, err error) {
	if data, from, err = s.cluster.PullSecret(ctx); err != nil {
		return nil, "", fmt.Errorf("--pull-secret-from-cluster: %w", err)
	}
	s.infof("credentials for registries are from %s", from)
	return data, from, nil
}

// opener returns an opener for a release, which sends warnings to warnf.
func (s *session) opener(ref image.Reference, warnf func(format string, args ...any)) image.Opener {
	o := image.Opener{
		Registry:  s.registries,
		Stdin:     s.In,
		Arch:      s.flags.arch.value(),
		HostArch:  preferredArch(ref),
		Limits:    s.limits,
		Documents: s.documents,
		Offline:   s.flags.cache.offline,
		Layouts:   s.layouts,
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

// preferredArch returns the architecture to choose from a manifest list without --arch: that of the version, else the
// host's.
func preferredArch(ref image.Reference) string {
	if arch, err := image.ParseArch(ref.Arch); err == nil {
		return arch
	}
	return runtime.GOARCH
}

// read reads a release and prints its warnings.
func (s *session) read(ctx context.Context, t target, o image.ReadOptions) (*image.Release, error) {
	return s.readWith(ctx, t, o, s.warnf)
}

func (s *session) readWith(ctx context.Context, t target, o image.ReadOptions, warnf func(format string, args ...any)) (*image.Release, error) {
	release, err := s.opener(t.reference, warnf).Read(ctx, t.reference, o)
	if err != nil {
		return nil, t.explain(err)
	}
	s.opened.add(release)
	s.warnMismatch(release, warnf)
	warnAll(release.Warnings, warnf)
	return release, nil
}

// readToVerify reads a release for verify. It does not warn of another version than the typed one if a check reports it.
func (s *session) readToVerify(ctx context.Context, t target, o image.ReadOptions, skip []string) (*image.Release, error) {
	if slices.Contains(skip, verify.Version) {
		return s.read(ctx, t, o)
	}
	release, err := s.opener(t.reference, s.warnf).Read(ctx, t.reference, o)
	if err != nil {
		return nil, t.explain(err)
	}
	s.opened.add(release)
	if !release.Asked().Typed {
		s.warnMismatch(release, s.warnf)
	}
	warnAll(release.Warnings, s.warnf)
	return release, nil
}

// closers are what a session closes at its end. Releases stay open until then, because verify and extract read them again.
type closers struct {
	mu   sync.Mutex
	list []io.Closer
}

func (c *closers) add(closer io.Closer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, closer)
}

func (c *closers) closeAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, closer := range c.list {
		_ = closer.Close() // they were only read
	}
	c.list = nil
}

func warnAll[W ~string](warnings []W, warnf func(format string, args ...any)) {
	for _, warning := range warnings {
		warnf("%s", warning)
	}
}

// readAll reads several releases in parallel. Results and warnings are in the order of the targets. It returns the first
// error in that order.
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
	_ = group.Wait() // the errors are in errs
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

// warnMismatch warns if the release has another version or architecture than the requested one.
func (s *session) warnMismatch(r *image.Release, warnf func(format string, args ...any)) {
	if text := r.OtherVersion(); text != "" {
		warnf("%s", text)
	}
	// The opener warns of another architecture than that of --arch.
	asked, _ := image.ParseArch(r.Asked().Arch)
	if text := r.OtherArchitecture(); text != "" && (asked == "" || asked != s.flags.arch.value()) {
		warnf("%s", text)
	}
}

// strictError returns the error of --strict if there were warnings.
func (s *session) strictError() error { return s.flags.strictError(int(s.warned.Load())) }

// releaseDocument returns the part of a document that identifies the release.
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
