package display

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// screen is what a terminal shows of what was written to it: one text per line, without blanks at the ends.
func screen(written string) []string {
	var lines []string
	for _, written := range strings.Split(written, "\n") {
		var line []rune
		column := 0
		for _, r := range written {
			switch r {
			case '\r':
				column = 0
			case '\b':
				column--
			default:
				if column == len(line) {
					line = append(line, r)
				} else {
					line[column] = r
				}
				column++
			}
		}
		lines = append(lines, strings.TrimRight(string(line), " "))
	}
	return lines
}

func layer() progress.Task {
	return progress.Task{What: "layer sha256:" + strings.Repeat("0123456789abcdef", 4), From: "quay.io/org/release", Total: 48 << 20}
}

func TestStatus(t *testing.T) {
	for _, test := range []struct {
		name  string
		tasks []progress.Task
		want  string
	}{
		{"nothing", nil, ""},
		{"bytes of a total", []progress.Task{{What: "layer", From: "q.io/a", Total: 48 << 20, Done: 12 << 20}}, "Reading layer, 12.0 of 48.0 MiB (25%), 7s, from q.io/a"},
		{"small", []progress.Task{{What: "layer", From: "q.io/a", Total: 300, Done: 100}}, "Reading layer, 100 of 300 B (33%), 7s, from q.io/a"},
		{"no total", []progress.Task{{What: "x.json", Done: 2560}}, "Reading x.json, 2.5 KiB, 7s"},
		{"more than the total", []progress.Task{{What: "layer", Total: 3, Done: 2 << 30}}, "Reading layer, 2.0 GiB, 7s"},
		{"nothing has arrived", []progress.Task{{What: "the manifest 4.14.0", From: "q.io/a"}}, "Reading the manifest 4.14.0, nothing has arrived, 7s, from q.io/a"},
		{"a question", []progress.Task{{Verb: "asking for", What: "it", From: "q.io/a"}}, "Asking for it, 7s, from q.io/a"},
		{"things", []progress.Task{{Verb: "looking for", What: "images", Count: true, Total: 192, Done: 37}}, "Looking for images, 37 of 192, 7s"},
		{"side by side", []progress.Task{{What: "a"}, {What: "b"}, {What: "c"}}, "Reading a, nothing has arrived, 7s, and 2 more"},
		{"things and what they are made of", []progress.Task{{What: "a"}, {What: "b", Count: true, Total: 2}, {What: "c"}}, "Reading b, 0 of 2, 7s"},
		{"hidden", []progress.Task{{What: "standard input", Hidden: true}}, ""},
		{"hidden beside others", []progress.Task{{What: "standard input", Hidden: true}, {What: "a", Done: 1}}, "Reading a, 1 B, 7s"},
		{"a digest", []progress.Task{layer()}, "Reading layer sha256:0123456789ab, nothing has arrived, 7s, from quay.io/org/release"},
		{"hostile", []progress.Task{{What: "a\x1b[31m\nb\u202e"}}, `Reading a\x1b[31m\nb\u202e, nothing has arrived, 7s`},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := NewRecord(t.Context())
			for _, task := range test.tasks {
				r.Begin(task)
			}
			if got := status(r, 7900*time.Millisecond); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestRecordRemovesEndedTasksAndKeepsInterruptedOnes(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := NewRecord(ctx)
	first, second := r.Begin(progress.Task{What: "a"}), r.Begin(progress.Task{What: "b", From: "q.io/r", Total: 4, Resumable: true})
	first.End()
	first.End()
	if what, continues := r.Interrupted(); what != "reading b, nothing has arrived, from q.io/r" || continues {
		t.Errorf("got %q, %v", what, continues)
	}
	second.Advance(3)
	second.Advance(-1)
	cancel()
	second.End()
	r.Begin(progress.Task{What: "c"})
	if what, continues := r.Interrupted(); what != "reading b, 2 of 4 B (50%), from q.io/r" || !continues {
		t.Errorf("got %q, %v", what, continues)
	}
	both := NewRecord(t.Context())
	both.Begin(progress.Task{What: "a"})
	both.Begin(progress.Task{What: "b", Done: 1, Resumable: true})
	if what, continues := both.Interrupted(); what != "reading a, nothing has arrived, and 1 more" || !continues {
		t.Errorf("got %q, %v", what, continues)
	}
	if what, _ := NewRecord(t.Context()).Interrupted(); what != "" {
		t.Errorf("got %q of nothing", what)
	}
}

func TestTerminalErasesItsLineBeforeOtherOutput(t *testing.T) {
	var b bytes.Buffer
	console := NewConsole(&b)
	errOut, out := console.Guard(), console.Result(&b)
	r := NewRecord(t.Context())
	columns := 200
	term := &Terminal{console: console, record: r, width: func() int { return columns }, started: time.Unix(100, 0), stop: func() {}}
	shows := func(seconds int64, want ...string) {
		t.Helper()
		term.show(time.Unix(100+seconds, 0))
		if got := screen(b.String()); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Errorf("the screen shows %q, want %q", got, want)
		}
	}
	shows(1, "")
	meter := r.Begin(layer())
	shows(2, "Reading layer sha256:0123456789ab, nothing has arrived, 2s, from quay.io/org/release")
	meter.Advance(24 << 20)
	shows(3, "Reading layer sha256:0123456789ab, 24.0 of 48.0 MiB (50%), 3s, from quay.io/org/release")
	columns = 40
	shows(4, "Reading layer sha256:0123456789ab, 24.>")
	columns = 0 // not known
	shows(5, "Reading layer sha256:0123456789ab, 24.0 of 48.0 MiB (50%), 5s, from quay.io/or>")
	fmt.Fprintln(errOut, "Warning: x")
	if got := screen(b.String()); fmt.Sprintf("%q", got) != `["Warning: x" ""]` {
		t.Errorf("a warning stands in %q", got)
	}
	shows(6, "Warning: x", "Reading layer sha256:0123456789ab, 24.0 of 48.0 MiB (50%), 6s, from quay.io/or>")
	meter.End()
	shows(7, "Warning: x", "")
	r.Begin(layer())
	shows(8, "Warning: x", "Reading layer sha256:0123456789ab, nothing has arrived, 8s, from quay.io/org/r>")
	fmt.Fprintln(out, "NAME")
	shows(9, "Warning: x", "NAME", "")
	if strings.Contains(b.String(), "\x1b") {
		t.Errorf("an escape sequence was written: %q", b.String())
	}
}

func TestClosedTerminalShowsNothing(t *testing.T) {
	var b bytes.Buffer
	console, r := NewConsole(&b), NewRecord(t.Context())
	r.Begin(layer())
	term := NewTerminal(console, r, func() int { return 80 })
	term.show(time.Now())
	term.Close()
	term.show(time.Now())
	if got := screen(b.String()); len(got) != 1 || got[0] != "" || b.Len() == 0 {
		t.Errorf("the screen shows %q", got)
	}
	Discard{}.Close()
}

func TestCopyPrintsLinesAboutItsReads(t *testing.T) {
	var b bytes.Buffer
	r := NewRecord(t.Context())
	text := newCopyText(NewConsole(&b), r)
	text.show(time.Now())
	r.Begin(progress.Task{What: "a", Done: 1})
	text.show(text.started.Add(10 * time.Second))
	text.show(text.started.Add(20 * time.Second))
	text.Close(nil)
	if got := b.String(); got != "Reading a, 1 B, 10s\nReading a, 1 B, 20s\n" {
		t.Errorf("got %q", got)
	}
}

func TestFitCountsWideCharactersTwice(t *testing.T) {
	for _, test := range []struct {
		text    string
		columns int
		want    string
	}{{"abc", 3, "abc"}, {"abcd", 3, "ab>"}, {"世界世界", 8, "世界世界"}, {"世界世界", 6, "世界>"}, {"abc", 0, ""}, {"", 5, ""}} {
		if got := fit(test.text, test.columns); got != test.want {
			t.Errorf("%q in %d columns: got %q, want %q", test.text, test.columns, got, test.want)
		}
	}
}

// TestParallel is for the race detector.
func TestParallel(t *testing.T) {
	console, r := NewConsole(io.Discard), NewRecord(t.Context())
	term := &Terminal{console: console, record: r, width: func() int { return 80 }, stop: func() {}}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 100 {
				meter := r.Begin(layer())
				meter.Advance(1)
				term.show(time.Now())
				fmt.Fprintln(console.Guard(), "x")
				meter.End()
			}
		})
	}
	group.Wait()
	if _, _, ok := r.current(true); ok {
		t.Error("a task is left")
	}
}
