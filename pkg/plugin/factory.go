package plugin

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/internal/display"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// factory opens the sessions of commands. Commands do not change it.
type factory struct {
	Environment
	flags   *globalFlags
	console *display.Console
	perform func(ctx context.Context, r request) error // runs a request; tests replace it
}

func newFactory(env Environment) *factory {
	console := display.NewConsole(env.ErrOut)
	env.Out, env.ErrOut = console.Result(env.Out), console.Guard()
	f := &factory{Environment: env, console: console, flags: &globalFlags{cluster: newClusterFlags()}}
	f.perform = f.runInSession
	return f
}

// request is a parsed and checked command line. A run needs only its request and a session.
type request interface {
	// hosts returns the registries, host[:port], that the command line names. --insecure applies only to them.
	hosts() []string
	run(ctx context.Context, s *session) error
}

// noHosts is embedded in requests that name no registry.
type noHosts struct{}

func (noHosts) hosts() []string { return nil }

// run returns the RunE of a command. complete makes a request of its flags and arguments: it reads the files that flags
// name and contacts no server. The request then runs within --timeout.
func (f *factory) run(complete func(ctx context.Context, args []string) (request, error)) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		ctx, cancel, err := f.flags.deadline(cmd.Context())
		if err != nil {
			return err
		}
		defer cancel()
		record := display.NewRecord(ctx)
		ctx = progress.WithReporter(ctx, record)
		defer f.show(record).Close()
		done := make(chan error, 1)
		go func() { done <- f.complete(ctx, complete, args) }()
		err = waitFor(ctx, done)
		if cause := context.Cause(ctx); err != nil && cause != nil && ctx.Err() != nil {
			return timeoutError(ctx, cause, record)
		}
		return err
	}
}

// complete makes the request of a command line and performs it.
func (f *factory) complete(ctx context.Context, complete func(context.Context, []string) (request, error), args []string) error {
	if err := f.flags.check(); err != nil {
		return err
	}
	r, err := complete(ctx, args)
	if err != nil {
		return err
	}
	return f.perform(ctx, r)
}

// runInSession runs a request in a session of its own, and waits until the cache has written everything.
func (f *factory) runInSession(ctx context.Context, r request) error {
	s, err := newSession(ctx, f, r)
	if err != nil {
		return err
	}
	err = r.run(ctx, s)
	s.opened.closeAll()
	s.warnOmitted()
	s.downloads.Wait()
	_ = s.downloads.Blobs().Close()
	if err != nil {
		return err
	}
	return s.strictError()
}

// show displays what the command waits for, if standard error is a terminal.
func (f *factory) show(record *display.Record) display.Display {
	if !f.ErrTerminal {
		return display.Discard{}
	}
	return display.NewTerminal(f.console, record, func() int {
		columns, _ := f.errSize()
		return columns
	})
}

// errSize returns the columns and rows of standard error, 0 if they are not known.
func (f *factory) errSize() (columns, rows int) {
	if f.ErrSize == nil {
		return 0, 0
	}
	return f.ErrSize()
}

// copyMeter opens the display of a copy for a value of --progress. ctx is that of the run, whose reads are shown until the
// copy begins.
func (f *factory) copyMeter(ctx context.Context, value string) (display.CopyMeter, error) {
	record, _ := progress.ReporterOf(ctx).(*display.Record)
	return display.NewCopyMeter(display.CopyOptions{
		Progress: value, Console: f.console, Record: record,
		Terminal: f.ErrTerminal && movesCursor(runtime.GOOS, f.Getenv), Size: f.errSize,
	})
}

// movesCursor reports whether the terminal of a process understands escape sequences. The old console of Windows does not.
func movesCursor(system string, getenv func(string) string) bool {
	term := getenv("TERM")
	if system == "windows" && term == "" {
		return getenv("WT_SESSION") != ""
	}
	return term != "" && term != "dumb"
}

// timeoutError adds to the error of a timeout what the command was doing.
func timeoutError(ctx context.Context, cause error, record *display.Record) error {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return cause
	}
	switch what, continues := record.Interrupted(); {
	case what == "":
		return cause
	case continues:
		return fault.WithHint(fault.KindOf(cause), "the cache keeps what was downloaded: run the command again to continue", "%w: %s", cause, what)
	default:
		return fault.WithHint(fault.KindOf(cause), "another run would start from the beginning: allow more time", "%w: %s", cause, what)
	}
}

// cleanupTimeout is the time that a command gets to return after its context ended.
const cleanupTimeout = 500 * time.Millisecond

// waitFor waits until a command returns. It abandons a command that hangs in a call without a context, such as opening a
// pipe without a writer.
func waitFor(ctx context.Context, done <-chan error) error {
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(cleanupTimeout):
		return context.Cause(ctx)
	}
}
