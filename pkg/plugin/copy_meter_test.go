package plugin

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/release-x/oc-release-x/internal/display"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

func TestCopyMeterFollowsTheTerminal(t *testing.T) {
	const plain = "Reading the plan, 1 of 2, 10s\ncopied 0 B of 5 B (0%), 0 of 1 images\nstopped after 15s, copied 0 B of 5 B (0%), 0 of 1 images\n"
	for _, test := range []struct {
		name     string
		terminal bool
		term     string
		want     string // "" for bars
	}{
		{"a log", false, "xterm", plain},
		{"a terminal", true, "xterm", ""},
		{"a terminal without escape sequences", true, "dumb", plain},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var errOut bytes.Buffer
				getenv := func(name string) string { return map[string]string{"TERM": test.term}[name] }
				f := newFactory(Environment{Streams: Streams{ErrOut: &errOut, ErrTerminal: test.terminal}, Getenv: getenv})
				ctx := progress.WithReporter(context.Background(), display.NewRecord(t.Context()))
				m, err := f.copyMeter(ctx, display.ProgressAuto)
				if err != nil {
					t.Fatal(err)
				}
				reading := progress.Begin(ctx, progress.Task{What: "the plan", Count: true, Done: 1, Total: 2})
				time.Sleep(11 * time.Second)
				reading.End()
				m.Begin(mirror.Totals{Images: 1, Blobs: 1, Bytes: 5})
				time.Sleep(15 * time.Second)
				m.Close(errors.New("failed"))
				got := errOut.String()
				if test.want == "" && strings.Contains(got, "  0% [------") && strings.HasSuffix(got, "A\x1b[J") {
					return
				}
				if got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
			})
		})
	}
}

func TestMovesCursor(t *testing.T) {
	for _, test := range []struct {
		system, term, session string
		want                  bool
	}{
		{"linux", "xterm-256color", "", true},
		{"linux", "dumb", "", false},
		{"linux", "", "", false},
		{"windows", "", "", false},
		{"windows", "", "0f3b", true},
		{"windows", "xterm", "", true},
	} {
		getenv := func(name string) string {
			return map[string]string{"TERM": test.term, "WT_SESSION": test.session}[name]
		}
		if got := movesCursor(test.system, getenv); got != test.want {
			t.Errorf("%+v: got %v", test, got)
		}
	}
}
