package plugin

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/payload/verify"
)

// cacheAddFlags are the flags of cache add.
type cacheAddFlags struct {
	release releaseFlags
	trust   trustFlags
	deep    bool
}

// cacheAddRequest downloads a release into the cache.
type cacheAddRequest struct {
	releaseRequest
	trust trustRequest
	deep  bool
}

func newCacheAddCommand(f *factory) *cobra.Command {
	c := &cacheAddFlags{}
	cmd := &cobra.Command{
		Use:   "add [RELEASE]",
		Short: "Download a release for use with --offline",
		Long: `Download the parts of a release that other commands read: its manifest, its configuration, the layers
with its payload, and its signatures. All commands, including verify, can then read it with --offline.

The cache directory can be put into a container image, or mounted read-only.`,
		Example: examples(f.Name, `
# Download a release, and read it without a network
%[1]s cache add 4.14.0
%[1]s info 4.14.0 --offline

# Use a separate directory, and include the manifests of all component images
%[1]s cache add 4.14.0 --deep --cache-dir releases`),
		RunE: f.run(func(_ context.Context, args []string) (request, error) { return c.complete(f, args) }),
	}
	cmd.Flags().BoolVar(&c.deep, "deep", false, "Also download the manifest of every component image")
	c.trust.addStores(cmd)
	c.release.add(cmd, oneRelease)
	return cmd
}

func (c *cacheAddFlags) complete(f *factory, args []string) (request, error) {
	switch {
	case f.flags.cache.none:
		return nil, fault.Errorf(fault.Usage, "cache add writes to the cache, and --no-cache disables it: leave --no-cache out")
	case f.flags.cache.offline:
		return nil, fault.Errorf(fault.Usage, "cache add downloads a release, and --offline forbids that: leave --offline out")
	}
	r := &cacheAddRequest{deep: c.deep}
	var err error
	if r.trust, err = c.trust.complete(f); err != nil {
		return nil, err
	}
	r.releaseRequest, err = c.release.requestOne(f, "cache add", args)
	return r, err
}

func (r *cacheAddRequest) run(ctx context.Context, s *session) error {
	t, err := s.resolveOne(ctx, r.releaseRequest)
	if err != nil {
		return err
	}
	if t.reference.Kind != image.KindRegistry {
		return fault.Errorf(fault.Usage, "%s: only releases from registries are cached; this one is local already", t.reference.Text)
	}
	if s.downloads == nil {
		return fault.Errorf(fault.Local, "there is no cache directory: name one with --cache-dir")
	}
	want := image.Want{Contents: image.AllContents, Operator: true}
	release, err := s.read(ctx, t, image.ReadOptions{Want: want, Config: true, Repository: r.repository})
	if err != nil {
		return err
	}
	release.Manifests(manifest.Render{}) // also stores their index in the cache
	kept := verify.Keep(ctx, verify.KeepRequest{
		Release: release, Registry: s.registries, Cache: s.downloads, Stores: s.openPGP(r.trust),
		Deep: r.deep, Parallel: 4 * s.perRegistry,
	})
	return r.report(ctx, s, release, kept)
}

// report prints what was stored. What could not be stored is an error.
func (r *cacheAddRequest) report(ctx context.Context, s *session, release *image.Release, kept verify.Kept) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	s.downloads.Wait()
	if err := s.downloads.Problem(); err != nil {
		return fault.Errorf(fault.Local, "release %s cannot be cached: %w", release.Version, err)
	}
	line := fmt.Sprintf("cached release %s (%s): %d OpenPGP signatures, %d sigstore signatures", release.Version, release.Identity.Digest, kept.OpenPGP, kept.Sigstore)
	if kept.Manifests > 0 {
		line += fmt.Sprintf(", %d component manifests", kept.Manifests)
	}
	if _, err := fmt.Fprintln(s.Out, line); err != nil {
		return err
	}
	switch n := len(kept.Failed); n {
	case 0:
		return nil
	case 1:
		return fault.Errorf(fault.Partial, "release %s is not cached completely: %w", release.Version, kept.Failed[0])
	default:
		return fault.Errorf(fault.Partial, "release %s is not cached completely: %w; and %d more", release.Version, kept.Failed[0], n-1)
	}
}
