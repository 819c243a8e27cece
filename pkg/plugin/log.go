package plugin

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/printers"
)

// log writes lines to standard error and counts warnings. It is safe for use by several goroutines.
type log struct {
	mu        sync.Mutex
	out       io.Writer
	terminal  bool // a person reads out
	verbosity int
	warned    atomic.Int64
}

// infof says with -v=1 what was decided.
func (l *log) infof(format string, args ...any) {
	if l.verbosity >= 1 {
		l.print(fmt.Sprintf(format, args...))
	}
}

// resolvedf says which image a release is that was named otherwise: on terminals, or with -v.
func (l *log) resolvedf(format string, args ...any) {
	if l.terminal || l.verbosity >= 1 {
		l.print(fmt.Sprintf(format, args...))
	}
}

// notef says something about this machine, such as a cache that cannot be used: on terminals, or with -v.
func (l *log) notef(format string, args ...any) {
	if l.terminal || l.verbosity >= 1 {
		l.print("Note: " + fmt.Sprintf(format, args...))
	}
}

// warnf says what is wrong with the release or the request and does not stop the command; with --strict it makes the
// command fail at its end.
func (l *log) warnf(format string, args ...any) {
	if l.warned.Add(1) <= mostWarnings {
		l.print("Warning: " + shorten(fmt.Sprintf(format, args...)))
	}
}

// mostWarnings is how many warnings a command shows.
const mostWarnings = 50

// warnMore says how many warnings were not shown.
func (l *log) warnMore() {
	if more := l.warned.Load() - mostWarnings; more > 0 {
		l.print(fmt.Sprintf("Warning: and %d more", more))
	}
}

// donef tells a person at a terminal what was done.
func (l *log) donef(format string, args ...any) {
	if l.terminal {
		l.print(fmt.Sprintf(format, args...))
	}
}

// print writes one line that nothing in it can make look like another.
func (l *log) print(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.out, printers.SafeLine(payload.HideURLUserinfo(text)))
}

// logger logs with -v=1 what is tried again and with -v=6 every request to a registry. Its warnings are notes.
func (l *log) logger() *slog.Logger { return slog.New(handler{log: l}) }

// handler writes log records as lines: a sentence, and its attributes behind a colon.
type handler struct {
	*log
	attrs []slog.Attr
}

// Enabled reports whether a record of this level is written.
func (h handler) Enabled(_ context.Context, level slog.Level) bool {
	switch {
	case level >= slog.LevelWarn:
		return h.terminal || h.verbosity >= 1
	case level >= slog.LevelInfo:
		return h.verbosity >= 1
	}
	return h.verbosity >= 6
}

// Handle writes one record.
func (h handler) Handle(_ context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		h.notef("%s", r.Message)
		return nil
	}
	var parts []string
	add := func(a slog.Attr) bool { parts = append(parts, a.Key+" "+a.Value.String()); return true }
	for _, a := range h.attrs {
		add(a)
	}
	r.Attrs(add)
	text := r.Message
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	h.print(text)
	return nil
}

// WithAttrs adds attributes to every record.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.attrs = append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)
	return h
}

// WithGroup changes nothing: the names of attributes are words for people.
func (h handler) WithGroup(string) slog.Handler { return h }
