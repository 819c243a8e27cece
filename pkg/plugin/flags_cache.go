package plugin

import (
	"context"
	"net"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
)

// cacheFlags say where downloads are kept.
type cacheFlags struct {
	dir     string
	none    bool
	offline bool
}

func (c *cacheFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&c.dir, "cache-dir", "", "Folder for downloads (default: oc-release-x in the user's cache folder)")
	flags.BoolVar(&c.none, "no-cache", false, "Neither read nor write the cache")
	flags.BoolVar(&c.offline, "offline", false, "Contact no server: what is not in the cache is an error")
}

// options are those of the cache that the flags name; without a folder there is none.
func (c *cacheFlags) options(f *factory) cache.Options {
	dir := c.dir
	if dir == "" && f.CacheHome != "" {
		dir = filepath.Join(f.CacheHome, "oc-release-x")
	}
	build := buildVersion()
	return cache.Options{Dir: dir, Program: build.Version + " " + build.Commit, Notef: f.remarkf}
}

// downloads is the cache for what comes from registries, nil with --no-cache or where there is no folder for it. It is
// not opened yet.
func (f *factory) downloads(ref image.Reference) *cache.Cache {
	options := f.global.cache.options(f)
	switch {
	case f.global.cache.none || ref.Kind != image.KindRegistry:
		return nil
	case options.Dir == "":
		f.remarkf("nothing is kept: there is no folder for caches, and --cache-dir names none")
		return nil
	case f.kept == nil:
		f.kept = cache.New(options)
	}
	return f.kept
}

// noDial keeps every connection from being made.
func noDial(context.Context, string, string) (net.Conn, error) {
	return nil, fault.Errorf(fault.Network, "--offline was given, so no registry is asked")
}
