package plugin

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload/cluster"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
	"github.com/release-x/oc-release-x/pkg/printers"
)

// Environment is what a command knows of the world outside: nothing of it is read before it is asked for.
type Environment struct {
	Streams
	Getenv func(name string) string
	Home   string // the user's home folder, "" for none
	// CacheHome is the user's folder for caches, "" for none.
	CacheHome string
	UID       string // the user's number, "" for none
	// Name is how the program was called: "oc release-x" or "kubectl release-x".
	Name string
}

// factory makes what commands need, each thing when it is asked for and not before.
type factory struct {
	Environment
	global *globalFlags
	warned int
	kept   *cache.Cache // nil until it is asked for

	clients map[image.Reference]*registry.Client // by the release that they were made for

	written         []string // the registries that the command line names, host[:port]
	fromEnvironment bool     // nothing but the environment names the release

	cluster  *cluster.Cluster
	verbatim map[image.Reference]string // what the cluster calls a release that it named
	silent   bool                       // the cluster did not answer when it was asked for a version
}

func newFactory(env Environment) *factory {
	f := &factory{Environment: env, global: &globalFlags{}, verbatim: map[image.Reference]string{}, clients: map[image.Reference]*registry.Client{}}
	f.cluster = newCluster(f)
	return f
}

// registries gives access to registries for a release: the same as before when it was asked for before, with the
// tokens that it has by then.
func (f *factory) registries(ref image.Reference) *registry.Client {
	client, ok := f.clients[ref]
	if !ok {
		client = f.global.registry.client(f)
		f.clients[ref] = client
	}
	return client
}

// write notes a repository that the user wrote; "" is none.
func (f *factory) write(repository string) {
	if host, _, ok := strings.Cut(repository, "/"); ok {
		f.written = append(f.written, host)
	}
}

// located says of an error about the release that the environment named it: the user may not remember.
func (f *factory) located(err error) error {
	if !f.fromEnvironment {
		return err
	}
	return fmt.Errorf("$%s: %w", releaseVariable, err)
}

// opener gives access to a release, with what the user said of registries and limits.
func (f *factory) opener(ref image.Reference) (image.Opener, error) {
	limits, err := f.global.limits.limits()
	if err != nil {
		return image.Opener{}, err
	}
	return image.Opener{
		Registry: f.registries(ref),
		Stdin:    f.In,
		Arch:     f.global.arch.value(),
		HostArch: runtime.GOARCH,
		Limits:   limits,
		Cache:    f.downloads(ref),
		Offline:  f.global.cache.offline,
		Notef:    f.notef,
		Warnf:    f.warnf,
	}, nil
}

// logger tells with -v=1 what is tried again, with -v=4 what there is beyond that.
func (f *factory) logger() *slog.Logger {
	level := slog.LevelWarn
	switch {
	case f.global.verbosity >= 4:
		level = slog.LevelDebug
	case f.global.verbosity >= 1:
		level = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(f.ErrOut, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
}

// notef tells with -v=1 what was decided.
func (f *factory) notef(format string, args ...any) {
	if f.global.verbosity >= 1 {
		fmt.Fprintln(f.ErrOut, printers.SafeLine(fmt.Sprintf(format, args...)))
	}
}

// warnf tells of something that is wrong with the release or the request but does not stop the command;
// with --strict it makes the command fail at its end.
func (f *factory) warnf(format string, args ...any) {
	f.warned++
	fmt.Fprintln(f.ErrOut, "Warning: "+printers.SafeLine(fmt.Sprintf(format, args...)))
}

// run wraps the body of a command: its time limit, and what --strict makes of warnings.
func (f *factory) run(body func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		ctx, cancel, err := f.global.deadline(cmd.Context())
		if err != nil {
			return err
		}
		defer cancel()
		f.warned = 0
		err = body(ctx, args)
		f.kept.Wait()
		if err != nil {
			if cause := context.Cause(ctx); cause != nil && ctx.Err() != nil {
				return cause
			}
			return err
		}
		return f.global.strictness(f.warned)
	}
}
