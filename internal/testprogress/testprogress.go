// Package testprogress records progress for tests.
package testprogress

import (
	"fmt"
	"slices"
	"sync"

	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// Recorder is a progress.Reporter that records every task.
type Recorder struct {
	mu    sync.Mutex
	tasks []*task
}

type task struct {
	recorder *Recorder
	progress.Task
	ended bool
}

// Begin records a task.
func (r *Recorder) Begin(t progress.Task) progress.Meter {
	r.mu.Lock()
	defer r.mu.Unlock()
	recorded := &task{recorder: r, Task: t}
	r.tasks = append(r.tasks, recorded)
	return recorded
}

// Advance records progress.
func (t *task) Advance(n int64) {
	t.recorder.mu.Lock()
	defer t.recorder.mu.Unlock()
	t.Done += n
}

// End records the end of the task.
func (t *task) End() {
	t.recorder.mu.Lock()
	defer t.recorder.mu.Unlock()
	t.ended = true
}

// Tasks returns the tasks in the order in which they began, as "VERB WHAT from FROM: DONE of TOTAL, FLAG".
func (r *Recorder) Tasks() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var lines []string
	for _, t := range r.tasks {
		line := fmt.Sprintf("%s %s from %s: %d of %d", t.Verb, t.What, t.From, t.Done, t.Total)
		for _, flag := range []struct {
			set  bool
			name string
		}{{t.Count, "counted"}, {t.Hidden, "hidden"}, {t.Resumable, "resumable"}, {!t.ended, "not ended"}} {
			if flag.set {
				line += ", " + flag.name
			}
		}
		lines = append(lines, line)
	}
	return slices.Clip(lines)
}
