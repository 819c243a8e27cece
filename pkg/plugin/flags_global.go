package plugin

import (
	"context"
	"time"

	"github.com/spf13/pflag"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// globalFlags are those that every command has.
type globalFlags struct {
	registry  registryFlags
	limits    limitFlags
	arch      archFlags
	cache     cacheFlags
	cluster   clusterFlags
	timeout   time.Duration
	strict    bool
	verbosity int

	errorFormat errorFormat
}

func (g *globalFlags) add(flags *pflag.FlagSet) {
	group(flags, releaseGroup, func() { g.arch.add(flags) })
	group(flags, registryGroup, func() { g.registry.add(flags) })
	group(flags, limitGroup, func() { g.limits.add(flags) })
	group(flags, cacheGroup, func() { g.cache.add(flags) })
	group(flags, clusterGroup, func() { g.cluster.add(flags) })
	flags.DurationVar(&g.timeout, "timeout", 0, "Give up after this time, such as 30s or 2m; 0 means no limit")
	flags.BoolVar(&g.strict, "strict", false, "Exit with code 7 if there are warnings about the release")
	g.errorFormat = textErrors
	flags.Var(&g.errorFormat, errorFormatFlag, "Format of errors: text, or json for one object with code, kind, message and hint")
	flags.IntVarP(&g.verbosity, "v", "v", 0, "Log level on standard error: 1 shows what was resolved and each retry, 6 each request to a registry")
}

// check refuses flags that contradict each other or that no release could meet.
func (g *globalFlags) check() error {
	if g.cluster.pullSecret && g.registry.authFile != "" {
		return fault.Errorf(fault.Usage, "--pull-secret-from-cluster and --authfile both say where credentials are: give one of them")
	}
	if g.registry.maxPerRegistry < 1 {
		return fault.Errorf(fault.Usage, "--max-per-registry %d: at least one request is needed", g.registry.maxPerRegistry)
	}
	if err := g.cluster.check(); err != nil {
		return err
	}
	return g.arch.check()
}

// deadline bounds a command by --timeout.
func (g *globalFlags) deadline(ctx context.Context) (context.Context, context.CancelFunc, error) {
	switch {
	case g.timeout < 0:
		return nil, nil, fault.Errorf(fault.Usage, "--timeout %s: a time cannot be negative", g.timeout)
	case g.timeout == 0:
		ctx, cancel := context.WithCancel(ctx)
		return ctx, cancel, nil
	}
	cause := fault.Errorf(fault.Network, "not finished within --timeout %s", g.timeout)
	ctx, cancel := context.WithTimeoutCause(ctx, g.timeout, cause)
	return ctx, cancel, nil
}

// strictError is the error of a command that warned and must not.
func (g *globalFlags) strictError(warnings int) error {
	switch {
	case warnings == 0 || !g.strict:
		return nil
	case warnings == 1:
		return fault.Errorf(fault.Partial, "there was a warning, and --strict was given")
	default:
		return fault.Errorf(fault.Partial, "there were %d warnings, and --strict was given", warnings)
	}
}
