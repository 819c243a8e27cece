// Package progress reports what is being read, how far it is and from where, to a Reporter that it does not know.
//
// The reporter is in the context, like the hooks of net/http/httptrace. Reads happen at the bottom of the library, in clients
// that several commands share and below interfaces that would all need another parameter, and the reporter belongs to a call
// and not to a client. Without a reporter the functions of this package do nothing.
package progress

import (
	"context"
	"io"
)

// Task is one read, or other work that takes as long as a read.
type Task struct {
	Verb  string // empty: "reading"
	What  string // "layer sha256:…", "the manifest 4.14.0-x86_64"
	From  string // a repository, a host or a file; empty if What says it
	Count bool   // Total and Done count What and not bytes
	Total int64  // 0 or less if unknown
	Done  int64  // what is done when the task begins
	// Hidden tasks are not shown, because the user or another program may be using the terminal: input that is typed, a
	// program that asks for a password, a program at the other end of a pipe that shows its own progress.
	Hidden    bool
	Resumable bool // if the task is interrupted, the next run continues where it stopped
}

// Reporter receives tasks. Several goroutines call it at the same time.
type Reporter interface {
	// Begin is called when a task begins. The Meter receives its progress.
	Begin(Task) Meter
}

// Meter receives the progress of a task. Several goroutines call it at the same time.
type Meter interface {
	Advance(n int64) // n more were read; negative if the task starts again
	End()            // the task is over, complete or not; later calls do nothing
}

type (
	reporterKey  struct{}
	nameKey      struct{}
	resumableKey struct{}
)

// WithReporter returns a context whose tasks are reported to r.
func WithReporter(ctx context.Context, r Reporter) context.Context {
	return context.WithValue(ctx, reporterKey{}, r)
}

// ReporterOf returns the reporter of a context, nil if it has none.
func ReporterOf(ctx context.Context) Reporter {
	r, _ := ctx.Value(reporterKey{}).(Reporter)
	return r
}

// WithName returns a context in which a task that reads a blob is called what. Only the caller knows the purpose of a blob, not
// the function that reads it.
func WithName(ctx context.Context, what string) context.Context {
	return context.WithValue(ctx, nameKey{}, what)
}

// Name returns the name that WithName set, or fallback.
func Name(ctx context.Context, fallback string) string {
	if what, ok := ctx.Value(nameKey{}).(string); ok {
		return what
	}
	return fallback
}

// WithResumable returns a context in which all tasks are resumable.
func WithResumable(ctx context.Context) context.Context {
	return context.WithValue(ctx, resumableKey{}, true)
}

// Begin reports a task to the reporter of the context.
func Begin(ctx context.Context, t Task) Meter {
	r := ReporterOf(ctx)
	if r == nil {
		return discard{}
	}
	if resumable, _ := ctx.Value(resumableKey{}).(bool); resumable {
		t.Resumable = true
	}
	return r.Begin(t)
}

// discard is the meter of a context without a reporter.
type discard struct{}

func (discard) Advance(int64) {}
func (discard) End()          {}

// ReadCloser returns a reader that reports a task. The task ends at the first error, including io.EOF, or when the reader is
// closed.
func ReadCloser(ctx context.Context, t Task, r io.ReadCloser) io.ReadCloser {
	meter := Begin(ctx, t)
	if _, ok := meter.(discard); ok {
		return r
	}
	return &readCloser{ReadCloser: r, meter: meter}
}

type readCloser struct {
	io.ReadCloser
	meter Meter
}

func (r *readCloser) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.meter.Advance(int64(n))
	if err != nil {
		r.meter.End()
	}
	return n, err
}

func (r *readCloser) Close() error {
	r.meter.End()
	return r.ReadCloser.Close()
}

// Reader returns a reader that advances m. It does not end the task.
func Reader(m Meter, r io.Reader) io.Reader { return &reader{r, m} }

type reader struct {
	r     io.Reader
	meter Meter
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.meter.Advance(int64(n))
	return n, err
}
