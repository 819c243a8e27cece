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

// log writes lines to standard error and counts warnings. Goroutines may share it.
type log struct {
	mu        sync.Mutex
	out       io.Writer
	terminal  bool // out is a terminal
	verbosity int
	warned    atomic.Int64
}

// infof reports a decision of the program, with -v=1.
func (l *log) infof(format string, args ...any) {
	if l.verbosity >= 1 {
		l.print(fmt.Sprintf(format, args...))
	}
}

// resolvedf reports to which image a version or the default release was resolved, on terminals or with -v=1.
func (l *log) resolvedf(format string, args ...any) {
	if l.terminal || l.verbosity >= 1 {
		l.print(fmt.Sprintf(format, args...))
	}
}

// notef reports a problem of this machine, such as an unusable cache, on terminals or with -v=1.
func (l *log) notef(format string, args ...any) {
	if l.terminal || l.verbosity >= 1 {
		l.print("Note: " + fmt.Sprintf(format, args...))
	}
}

// warnf reports a problem of the release or the request that does not stop the command. With --strict, the command then
// fails at its end.
func (l *log) warnf(format string, args ...any) {
	if l.warned.Add(1) <= maxWarnings {
		l.print("Warning: " + shorten(fmt.Sprintf(format, args...)))
	}
}

// maxWarnings is the largest number of warnings that a command prints.
const maxWarnings = 50

// warnOmitted reports how many warnings were not printed.
func (l *log) warnOmitted() {
	if more := l.warned.Load() - maxWarnings; more > 0 {
		l.print(fmt.Sprintf("Warning: and %d more", more))
	}
}

// donef reports what the command did, on terminals.
func (l *log) donef(format string, args ...any) {
	if l.terminal {
		l.print(fmt.Sprintf(format, args...))
	}
}

// print writes one line, with escaped control characters and without passwords in URLs.
func (l *log) print(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.out, printers.SafeLine(payload.HideURLUserinfo(text)))
}

// logger returns a logger that prints retries with -v=1 and requests to registries with -v=6. It prints warnings as notes.
func (l *log) logger() *slog.Logger { return slog.New(handler{log: l}) }

// handler writes a log record as a line: the message, a colon and the attributes.
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

// WithGroup does nothing: attributes are printed without groups.
func (h handler) WithGroup(string) slog.Handler { return h }
