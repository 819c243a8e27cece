package plugin

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/printers"
)

// notef tells with -v=1 what was decided.
func (f *factory) notef(format string, args ...any) {
	if f.global.verbosity >= 1 {
		f.tell(fmt.Sprintf(format, args...))
	}
}

// resolvedf tells which image a release is that was named otherwise: at a terminal, or with -v=1.
func (f *factory) resolvedf(format string, args ...any) {
	if f.ErrTerminal || f.global.verbosity >= 1 {
		f.tell(fmt.Sprintf(format, args...))
	}
}

// remarkf tells of something about this machine, such as a cache that cannot be used: to a person at a terminal, or with
// -v=1. It is no fault of the release, and --strict does not count it.
func (f *factory) remarkf(format string, args ...any) {
	if f.ErrTerminal || f.global.verbosity >= 1 {
		f.tell("Note: " + fmt.Sprintf(format, args...))
	}
}

// warnf tells of something that is wrong with the release or the request but does not stop the command;
// with --strict it makes the command fail at its end.
func (f *factory) warnf(format string, args ...any) {
	if f.warned.Add(1) <= mostWarnings {
		f.tell("Warning: " + shortened(fmt.Sprintf(format, args...)))
	}
}

// mostWarnings is how many warnings a command shows.
const mostWarnings = 50

// warnMore says how many warnings were not shown.
func (f *factory) warnMore() {
	if more := f.warned.Load() - mostWarnings; more > 0 {
		f.tell(fmt.Sprintf("Warning: and %d more", more))
	}
}

// progressf tells a person at a terminal what was done.
func (f *factory) progressf(format string, args ...any) {
	if f.ErrTerminal {
		f.tell(fmt.Sprintf(format, args...))
	}
}

// tell writes one line that nothing in it can make look like another.
func (f *factory) tell(text string) {
	f.telling.Lock()
	defer f.telling.Unlock()
	fmt.Fprintln(f.ErrOut, printers.SafeLine(payload.HideURLUserinfo(text)))
}

// logger tells with -v=1 what is tried again, with -v=6 every request to a registry. What it is warned of is a remark for
// a person: at a terminal, or for who asked.
func (f *factory) logger() *slog.Logger { return slog.New(teller{factory: f}) }

// teller writes log records as the other lines on stderr: a sentence, and what belongs to it behind a colon.
type teller struct {
	*factory
	with []slog.Attr
}

// Enabled says whether a record of this level is told.
func (t teller) Enabled(_ context.Context, level slog.Level) bool {
	switch {
	case level >= slog.LevelWarn:
		return true // remarkf decides
	case level >= slog.LevelInfo:
		return t.global.verbosity >= 1
	}
	return t.global.verbosity >= 6
}

// Handle tells one record.
func (t teller) Handle(_ context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		t.remarkf("%s", r.Message)
		return nil
	}
	var parts []string
	add := func(a slog.Attr) bool { parts = append(parts, a.Key+" "+a.Value.String()); return true }
	for _, a := range t.with {
		add(a)
	}
	r.Attrs(add)
	text := r.Message
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	t.tell(text)
	return nil
}

// WithAttrs adds to every record.
func (t teller) WithAttrs(attrs []slog.Attr) slog.Handler {
	t.with = append(t.with[:len(t.with):len(t.with)], attrs...)
	return t
}

// WithGroup is not needed: names here are words for people.
func (t teller) WithGroup(string) slog.Handler { return t }
