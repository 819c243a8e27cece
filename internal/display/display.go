// Package display shows on standard error what a command is waiting for. A Record is the progress.Reporter that reads report
// themselves to. Terminal shows it as one line, which is erased before other output; Text prints a line every ten seconds;
// Discard shows nothing. When --timeout runs out, the record says what was interrupted.
//
// A CopyMeter shows a copy between registries, as --progress asks: as bars on a terminal, as a line every ten seconds, as JSON,
// or not at all.
//
// With --progress=json, each event is one line with a JSON object that has the field event:
//
//	begin     when it is known what the target lacks
//	progress  at most once a second
//	image     when an image is complete at the target; image is the image at the source, by digest
//	end       once; complete reports whether everything was copied
//
// All events have time (RFC 3339, UTC), imagesDone of images, blobsDone of blobs, bytesDone of bytes, bytesPerSecond (of the last
// 30 seconds) and seconds (since begin). imagesCopied is the number of images of which the target has all blobs; it is the number
// that lines and bars show. The tags, which complete the images, are pushed after the blobs of all images: only then does
// imagesDone grow. Images that the target had count as copied and done from the beginning; blobs and bytes are those to
// move, and become fewer when the target turns out to have some. secondsLeft is there when it can be estimated. Fields may be
// added; those that are there keep their meaning. Warnings and the error of the command are on standard error as well: lines
// without the field event.
package display

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// Record holds the tasks that a command is doing. When its context ends, the record no longer changes: tasks that end later
// were interrupted.
type Record struct {
	ctx context.Context

	mu    sync.Mutex
	tasks []*task // in the order in which they began
}

// NewRecord returns a record of the tasks that run in ctx.
func NewRecord(ctx context.Context) *Record { return &Record{ctx: ctx} }

// Begin adds a task.
func (r *Record) Begin(t progress.Task) progress.Meter {
	added := &task{record: r, Task: t}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx.Err() == nil {
		r.tasks = append(r.tasks, added)
	}
	return added
}

// task is one task of a record, whose mutex guards its fields.
type task struct {
	record *Record
	progress.Task
}

// Advance adds to what is done.
func (t *task) Advance(n int64) {
	t.record.mu.Lock()
	defer t.record.mu.Unlock()
	t.Done += n
}

// End removes the task, unless it was interrupted.
func (t *task) End() {
	t.record.mu.Lock()
	defer t.record.mu.Unlock()
	if t.record.ctx.Err() == nil {
		t.record.tasks = slices.DeleteFunc(t.record.tasks, func(other *task) bool { return other == t })
	}
}

// current returns the task to show and the number of the others, with or without hidden tasks. A task that counts things is
// shown instead of the reads that it consists of; otherwise it is the task that began first. ok is false if there is no task.
func (r *Record) current(withHidden bool) (shown progress.Task, others int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	others = -1
	for _, t := range r.tasks {
		switch {
		case t.Hidden && !withHidden:
			continue
		case t.Count:
			return t.Task, 0, true
		case !ok:
			shown, ok = t.Task, true
		}
		others++
	}
	return shown, others, ok
}

// Interrupted describes what was interrupted when the record's context ended, "" if there was no task. resumable reports
// whether the next run continues where this one stopped.
func (r *Record) Interrupted() (what string, resumable bool) {
	t, others, ok := r.current(true)
	if !ok {
		return "", false
	}
	what = describe(t, "")
	if others > 0 {
		what += andMore(others)
	}
	return what, r.resumable()
}

// resumable reports whether a task has read something from which the next run continues.
func (r *Record) resumable() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.tasks, func(t *task) bool { return t.Resumable && t.Done > 0 })
}

// The times at which a record is shown.
const (
	terminalDelay = time.Second // a command that ends sooner shows nothing
	terminalEvery = 200 * time.Millisecond
	textEvery     = 10 * time.Second
)

// usualWidth is the width of terminals that do not report one.
const usualWidth = 80

// Display shows a record until it is closed.
type Display interface {
	// Close erases the line that is shown and ends the display.
	Close()
}

// Discard shows nothing.
type Discard struct{}

// Close does nothing.
func (Discard) Close() {}

// Terminal shows a record as one line, which it draws again five times a second, beginning after one second.
type Terminal struct {
	console *Console
	record  *Record
	width   func() int
	started time.Time
	stop    func()
}

// NewTerminal shows a record on a console. width returns the columns of the terminal, 0 if they are not known; it is called
// for every line, because the window may change.
func NewTerminal(c *Console, r *Record, width func() int) *Terminal {
	t := &Terminal{console: c, record: r, width: width, started: time.Now()}
	t.stop = repeat(terminalDelay, terminalEvery, t.show)
	return t
}

// show draws the line for a time.
func (t *Terminal) show(now time.Time) {
	width := t.width()
	if width <= 0 {
		width = usualWidth
	}
	// In the last column, some terminals begin a new line.
	t.console.draw(fit(status(t.record, now.Sub(t.started)), width-1))
}

// Close erases the line.
func (t *Terminal) Close() {
	t.stop()
	t.console.close()
}

// repeat calls show after delay and then at intervals. stop waits for a running show and ends this.
func repeat(delay, every time.Duration, show func(now time.Time)) (stop func()) {
	done := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		for {
			select {
			case now := <-timer.C:
				show(now)
				timer.Reset(every)
			case <-done:
				return
			}
		}
	})
	return func() {
		close(done)
		running.Wait()
	}
}
