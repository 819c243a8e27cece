package plugin

import (
	"context"
	"net"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
)

// cacheFlags say where downloads are kept.
type cacheFlags struct {
	dir     string
	none    bool
	offline bool
}

func (c *cacheFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&c.dir, "cache-dir", "", "Directory for downloads (default: oc-release-x in the user's cache directory)")
	flags.BoolVar(&c.none, "no-cache", false, "Neither read nor write the cache")
	flags.BoolVar(&c.offline, "offline", false, "Contact no server; what is not in the cache is an error")
}

// options are those of the cache; without a directory there is none.
func (c *cacheFlags) options(env Environment, l *log) cache.Options {
	dir := c.dir
	if dir == "" && env.CacheHome != "" {
		dir = filepath.Join(env.CacheHome, "oc-release-x")
	}
	build := buildVersion()
	return cache.Options{Dir: dir, Program: build.Version + " " + build.Commit, Notef: l.notef}
}

// open gives the cache for what comes from registries, nil with --no-cache or without a directory. The directory is not
// touched yet.
func (c *cacheFlags) open(options cache.Options) *cache.Cache {
	if c.none || options.Dir == "" {
		return nil
	}
	return cache.New(options)
}

// noDial keeps every connection from being made.
func noDial(context.Context, string, string) (net.Conn, error) {
	return nil, fault.Errorf(fault.Network, "--offline was given, so no registry is asked")
}
