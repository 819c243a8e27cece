package plugin

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/payload/presence"
	"github.com/release-x/oc-release-x/pkg/payload/trust"
	"github.com/release-x/oc-release-x/pkg/payload/trust/sigstore"
)

// cacheAddCommand fills the cache with a release.
type cacheAddCommand struct {
	*factory
	release releaseFlags
	trust   trustFlags
	deep    bool
}

func newCacheAddCommand(f *factory) *cobra.Command {
	c := &cacheAddCommand{factory: f}
	cmd := &cobra.Command{
		Use:   "add [RELEASE]",
		Short: "Fetch a release, so that commands can read it offline",
		Long: `Fetch what the other commands need of a release in a registry: its manifest, its configuration, the
layers with its payload, and its signatures. Commands with --offline then read it, verify too.

A folder that is filled this way can be part of a container image, or be mounted read-only.`,
		Example: examples(f.Name, `
# A release, and what is said of it without a network
%[1]s cache add 4.14.0
%[1]s info 4.14.0 --offline

# Into a folder of its own, with the manifests of all component images
%[1]s cache add 4.14.0 --deep --cache-dir releases`),
		RunE: f.run(func(ctx context.Context, args []string) error { return c.run(ctx, args) }),
	}
	c.release.add(cmd, oneRelease)
	c.trust.addPlaces(cmd)
	cmd.Flags().BoolVar(&c.deep, "deep", false, "Fetch the manifest of every component image too")
	return cmd
}

func (c *cacheAddCommand) run(ctx context.Context, args []string) error {
	switch {
	case c.global.cache.none:
		return fault.Errorf(fault.Usage, "cache add fills the cache, and --no-cache has none: give one of them")
	case c.global.cache.offline:
		return fault.Errorf(fault.Usage, "cache add fetches a release, and --offline contacts no server: give one of them")
	}
	trusted, err := c.trust.read(c.factory)
	if err != nil {
		return err
	}
	ref, err := c.release.one(ctx, c.factory, "cache add", args)
	if err != nil {
		return err
	}
	if ref.Kind != image.KindRegistry {
		return fault.Errorf(fault.Usage, "%s: the cache keeps releases from registries; this one is read where it lies", ref.Text)
	}
	store := c.downloads(ref)
	if store == nil {
		return fault.Errorf(fault.Local, "there is no cache: name its folder with --cache-dir")
	}
	want := image.Want{Contents: image.AllContents, Operator: true}
	release, files, err := c.read(ctx, ref, c.release.repository, readOptions{want: want, config: true})
	if err != nil {
		return err
	}
	release.manifests(files, manifest.Render{}) // notes their index
	filled := filling{factory: c.factory, release: release, keeper: keeper{c.registries(), store}}
	filled.signatures(ctx, files, trusted.openPGP)
	if c.deep {
		filled.components(ctx)
	}
	return filled.end(ctx, store)
}

// filling is a release on its way into the cache.
type filling struct {
	*factory
	release   *loaded
	keeper    keeper
	openPGP   int
	sigstore  int
	manifests int
	failed    []error
}

// signatures keeps the signatures of the release, of both kinds. A place that cannot be asked matters when no other has one.
func (f *filling) signatures(ctx context.Context, files payload.Files, places trust.OpenPGP) {
	id := f.release.identity
	r := trust.Release{Repository: id.Repository, Digest: id.Digest, ListDigest: id.ListDigest, Files: files}
	found, failed := trust.CollectOpenPGP(ctx, r, places)
	var list []cache.Signature
	for _, s := range found {
		list = append(list, cache.Signature{Where: s.Where, Data: s.Data})
	}
	if f.openPGP = len(list); f.openPGP > 0 {
		f.keeper.cache.KeepSignatures(r.Covered(), list)
	} else {
		f.failed = append(f.failed, failed...)
	}
	signatures, err := sigstore.Fetch(ctx, f.keeper, id.Repository, id.Digest)
	if f.sigstore = len(signatures); err != nil && fault.KindOf(err) != fault.NotFound {
		f.failed = append(f.failed, err)
	}
}

// components keeps the manifests of the component images.
func (f *filling) components(ctx context.Context) {
	results := presence.Check(ctx, f.keeper, f.release.Components, presence.Options{
		Parallel: 4 * f.global.registry.maxPerRegistry, Deep: true,
	})
	for _, r := range results {
		if r.Err != nil {
			f.failed = append(f.failed, fmt.Errorf("the manifest of %s: %w", r.Component.Name, r.Err))
			continue
		}
		f.manifests++
	}
}

// end says what was kept, and what was not.
func (f *filling) end(ctx context.Context, store *cache.Cache) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	store.Wait()
	if err := store.Problem(); err != nil {
		return fault.Errorf(fault.Local, "release %s cannot be kept: %w", f.release.Version, err)
	}
	line := fmt.Sprintf("cached release %s (%s): %d OpenPGP signatures, %d sigstore signatures", f.release.Version, f.release.identity.Digest, f.openPGP, f.sigstore)
	if f.manifests > 0 {
		line += fmt.Sprintf(", %d component manifests", f.manifests)
	}
	if _, err := fmt.Fprintln(f.Out, line); err != nil {
		return err
	}
	switch n := len(f.failed); n {
	case 0:
		return nil
	case 1:
		return fault.Errorf(fault.Partial, "release %s is not cached completely: %w", f.release.Version, f.failed[0])
	default:
		return fault.Errorf(fault.Partial, "release %s is not cached completely: %w; and %d more", f.release.Version, f.failed[0], n-1)
	}
}
