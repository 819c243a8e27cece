// Package progress lets a read tell what it reads, how far it is and from where, without knowing who listens.
//
// The reporter travels in the context, as the hooks of net/http/httptrace do. Reads happen at the bottom of the library,
// in clients that several commands share, below interfaces that every caller would have to extend by a parameter; and
// whether anybody listens is a matter of the call, not of the client. Without a reporter every function here is a no-op.
package progress

import (
	"context"
	"io"
)

// Task is one read, or one piece of work that takes as long as a read.
type Task struct {
	Verb  string // "reading" when it is empty
	What  string // "layer sha256:…", "the manifest 4.14.0-x86_64"
	From  string // a repository, a host or a file; "" when What says it
	Count bool   // Total and Done are numbers of What, not bytes
	Total int64  // 0 or less when it is not known
	Done  int64  // what is there when the task begins
	// Hidden tasks are not shown while they go on, because the user or another program may be using the terminal: what is
	// typed, a program that asks for a password, one at the other end of a pipe that shows its own progress.
	Hidden bool
	Kept   bool // when the task is broken off, what was read is kept, and the next run goes on behind it
}

// Reporter receives tasks. Several goroutines call it at once.
type Reporter interface {
	// Begin is called when a task begins. The Meter receives the rest.
	Begin(Task) Meter
}

// Meter receives how far a task is. Several goroutines call it at once.
type Meter interface {
	Advance(n int64) // so much more was read; negative when the task begins anew
	End()            // the task is over, done or not; further calls do nothing
}

type (
	reporterKey struct{}
	nameKey     struct{}
	keptKey     struct{}
)

// With gives a context whose tasks go to a reporter.
func With(ctx context.Context, r Reporter) context.Context {
	return context.WithValue(ctx, reporterKey{}, r)
}

// Named gives a context in which a task that reads a blob is called what: who asks for a blob knows what it is for, who
// reads it does not.
func Named(ctx context.Context, what string) context.Context {
	return context.WithValue(ctx, nameKey{}, what)
}

// Name is what Named called the blob, or else otherwise.
func Name(ctx context.Context, otherwise string) string {
	if what, ok := ctx.Value(nameKey{}).(string); ok {
		return what
	}
	return otherwise
}

// Kept gives a context in which what tasks read is kept when they are broken off.
func Kept(ctx context.Context) context.Context {
	return context.WithValue(ctx, keptKey{}, true)
}

// Begin tells the context's reporter of a task.
func Begin(ctx context.Context, t Task) Meter {
	r, ok := ctx.Value(reporterKey{}).(Reporter)
	if !ok {
		return silent{}
	}
	if kept, _ := ctx.Value(keptKey{}).(bool); kept {
		t.Kept = true
	}
	return r.Begin(t)
}

// silent drops everything.
type silent struct{}

func (silent) Advance(int64) {}
func (silent) End()          {}

// ReadCloser gives a reader whose bytes are those of a task, which ends at the first error, io.EOF included, or when the
// reader is closed.
func ReadCloser(ctx context.Context, t Task, r io.ReadCloser) io.ReadCloser {
	meter := Begin(ctx, t)
	if _, nobody := meter.(silent); nobody {
		return r
	}
	return &reader{ReadCloser: r, meter: meter}
}

type reader struct {
	io.ReadCloser
	meter Meter
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.meter.Advance(int64(n))
	if err != nil {
		r.meter.End()
	}
	return n, err
}

func (r *reader) Close() error {
	r.meter.End()
	return r.ReadCloser.Close()
}

// Reader gives a reader that tells m how much is read. The task goes on when the reader ends.
func Reader(m Meter, r io.Reader) io.Reader { return &counter{r, m} }

type counter struct {
	r     io.Reader
	meter Meter
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.meter.Advance(int64(n))
	return n, err
}
