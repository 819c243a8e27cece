package plugin

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/internal/display"
	"github.com/release-x/oc-release-x/pkg/payload/cluster"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
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
	global  *globalFlags
	warned  atomic.Int64
	telling sync.Mutex
	console *display.Console
	kept    *cache.Cache // nil until it is asked for

	client *registry.Client // nil until it is asked for

	written         []string // the registries that the command line names, host[:port]
	fromEnvironment bool     // nothing but the environment names the release

	cluster  *cluster.Cluster
	verbatim map[image.Reference]string // what the cluster calls a release that it named
	silent   bool                       // the cluster did not answer when it was asked for a version
}

func newFactory(env Environment) *factory {
	console := display.NewConsole(env.ErrOut)
	env.Out, env.ErrOut = console.Result(env.Out), console.Guard()
	f := &factory{Environment: env, console: console, global: &globalFlags{}, verbatim: map[image.Reference]string{}}
	f.cluster = newCluster(f)
	return f
}

// registries gives access to registries, once the command line is read: always the same, with the tokens that it has.
func (f *factory) registries() *registry.Client {
	if f.client == nil {
		f.client = f.global.registry.client(f)
	}
	return f.client
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

// preferredArch is the architecture of a manifest list that is read when no flag names one: that of the version, else the
// host's.
func preferredArch(ref image.Reference) string {
	if arch, err := image.ParseArch(ref.Arch); err == nil {
		return arch
	}
	return runtime.GOARCH
}

// opener gives access to a release, with what the user said of registries and limits.
func (f *factory) opener(ref image.Reference) (image.Opener, error) {
	limits, _, err := f.global.limits.limits()
	if err != nil {
		return image.Opener{}, err
	}
	return image.Opener{
		Registry: f.registries(),
		Stdin:    f.In,
		Arch:     f.global.arch.value(),
		HostArch: preferredArch(ref),
		Limits:   limits,
		Cache:    f.downloads(ref),
		Offline:  f.global.cache.offline,
		Notef:    f.resolvedf,
		Warnf:    f.warnf,
	}, nil
}

// run wraps the body of a command: its time limit, and what --strict makes of warnings.
func (f *factory) run(body func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		ctx, cancel, err := f.global.deadline(cmd.Context())
		if err != nil {
			return err
		}
		defer cancel()
		record := display.NewRecord(ctx)
		ctx = progress.With(ctx, record)
		defer f.show(record).Close()
		f.warned.Store(0)
		done := make(chan error, 1)
		go func() {
			err := body(ctx, args)
			f.warnMore()
			f.kept.Wait()
			done <- err
		}()
		if err := waitFor(ctx, done); err != nil {
			if cause := context.Cause(ctx); cause != nil && ctx.Err() != nil {
				return outOfTime(ctx, cause, record)
			}
			return err
		}
		return f.global.strictness(int(f.warned.Load()))
	}
}

// show shows a person at a terminal what the command waits for. A command that copies, and whose log is read by programs,
// shows a display.Text elsewhere.
func (f *factory) show(record *display.Record) display.Display {
	if !f.ErrTerminal {
		return display.Discard{}
	}
	width := f.ErrWidth
	if width == nil {
		width = func() int { return 0 }
	}
	return display.NewTerminal(f.console, record, width)
}

// outOfTime adds to the error of a command whose time is over what it was doing.
func outOfTime(ctx context.Context, cause error, record *display.Record) error {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return cause
	}
	switch what, continues := record.Stopped(); {
	case what == "":
		return cause
	case continues:
		return fault.WithHint(fault.KindOf(cause), "the cache keeps what has arrived, so running it again continues there", "%w: %s", cause, what)
	default:
		return fault.WithHint(fault.KindOf(cause), "nothing of it is kept for another run, so give it more time", "%w: %s", cause, what)
	}
}

// cleanup is how long a command may take to end once its time is over.
const cleanup = 500 * time.Millisecond

// waitFor waits for the end of a command. One that hangs where no context reaches, as opening a pipe does that nobody
// writes to, is left behind.
func waitFor(ctx context.Context, done <-chan error) error {
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(cleanup):
		return context.Cause(ctx)
	}
}
