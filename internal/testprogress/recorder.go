// Package testprogress keeps what reads tell of themselves, for tests.
package testprogress

import (
	"fmt"
	"slices"
	"sync"

	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// Recorder is a reporter that keeps every task.
type Recorder struct {
	mu    sync.Mutex
	tasks []*task
}

type task struct {
	recorder *Recorder
	progress.Task
	ended bool
}

// Begin keeps a task.
func (r *Recorder) Begin(t progress.Task) progress.Meter {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := &task{recorder: r, Task: t}
	r.tasks = append(r.tasks, kept)
	return kept
}

// Advance counts.
func (t *task) Advance(n int64) {
	t.recorder.mu.Lock()
	defer t.recorder.mu.Unlock()
	t.Done += n
}

// End keeps that the task is over.
func (t *task) End() {
	t.recorder.mu.Lock()
	defer t.recorder.mu.Unlock()
	t.ended = true
}

// Told gives the tasks in the order in which they began, as "VERB WHAT from FROM: DONE of TOTAL", with what is special
// about them behind it.
func (r *Recorder) Told() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var lines []string
	for _, t := range r.tasks {
		line := fmt.Sprintf("%s %s from %s: %d of %d", t.Verb, t.What, t.From, t.Done, t.Total)
		for _, special := range []struct {
			is   bool
			name string
		}{{t.Count, "counted"}, {t.Hidden, "hidden"}, {t.Kept, "kept"}, {!t.ended, "not ended"}} {
			if special.is {
				line += ", " + special.name
			}
		}
		lines = append(lines, line)
	}
	return slices.Clip(lines)
}
