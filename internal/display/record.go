// Package display shows on standard error what a command is waiting for. Reads tell a Record of themselves; a Terminal
// shows the record as one line that is erased before anything else is written, a Text prints a line now and then, and a
// Discard shows nothing. What is left in a record when time runs out becomes part of the error.
package display

import (
	"context"
	"slices"
	"sync"

	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// Record is what a command is doing. When its context ends, it stays as it is: tasks that end then were broken off.
type Record struct {
	ctx context.Context

	mu    sync.Mutex
	tasks []*task // under way, the first that began first
}

// NewRecord makes a record for what is done under ctx.
func NewRecord(ctx context.Context) *Record { return &Record{ctx: ctx} }

// Begin notes a task.
func (r *Record) Begin(t progress.Task) progress.Meter {
	noted := &task{record: r, Task: t}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx.Err() == nil {
		r.tasks = append(r.tasks, noted)
	}
	return noted
}

// task is one task of a record, which guards its fields.
type task struct {
	record *Record
	progress.Task
}

// Advance notes how far the task is.
func (t *task) Advance(n int64) {
	t.record.mu.Lock()
	defer t.record.mu.Unlock()
	t.Done += n
}

// End removes the task, unless it was broken off.
func (t *task) End() {
	t.record.mu.Lock()
	defer t.record.mu.Unlock()
	if t.record.ctx.Err() == nil {
		t.record.tasks = slices.DeleteFunc(t.record.tasks, func(other *task) bool { return other == t })
	}
}

// current gives the task to tell of, and how many others are under way. Work that counts things stands for the reads
// that it is made of; otherwise the task that takes longest is shown.
func (r *Record) current(hidden bool) (told progress.Task, others int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	others = -1
	for _, t := range r.tasks {
		switch {
		case t.Hidden && !hidden:
			continue
		case t.Count:
			return t.Task, 0, true
		case !ok:
			told, ok = t.Task, true
		}
		others++
	}
	return told, others, ok
}

// Stopped says what was broken off when the record's context ended, "" when nothing was under way. continues says whether
// the next run goes on where this one stopped.
func (r *Record) Stopped() (what string, continues bool) {
	t, others, ok := r.current(true)
	if !ok {
		return "", false
	}
	what = describe(t, "")
	if others > 0 {
		what += more(others)
	}
	return what, r.keeps()
}

// keeps says whether something has arrived that is kept.
func (r *Record) keeps() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.tasks, func(t *task) bool { return t.Resumable && t.Done > 0 })
}
