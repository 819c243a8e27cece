package display

import (
	"io"
	"strings"
	"sync"
)

// Console writes to standard error, with a progress line at its end. All other output goes through Guard or Result, which
// erase the line first.
type Console struct {
	mu     sync.Mutex
	err    io.Writer
	shown  int  // columns of the line that is shown; 0 for none
	closed bool // no line is drawn
}

// NewConsole returns a console that writes to standard error.
func NewConsole(err io.Writer) *Console { return &Console{err: err} }

// Guard returns a writer to standard error that erases the line before each write. The line is drawn again later.
func (c *Console) Guard() io.Writer { return guarded{c} }

type guarded struct{ *Console }

func (g guarded) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.erase()
	return g.err.Write(p)
}

// Result returns a writer for the result of the command. The first write to it ends the line, because w may be the same
// terminal, or a pager that uses it.
func (c *Console) Result(w io.Writer) io.Writer { return result{c, w} }

type result struct {
	console *Console
	w       io.Writer
}

func (r result) Write(p []byte) (int, error) {
	r.console.close()
	return r.w.Write(p)
}

func (c *Console) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.erase()
	c.closed = true
}

// draw replaces the line that is shown; "" erases it. It uses no escape sequences, so it works where TERM is dumb.
func (c *Console) draw(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	width := columnsOf(line)
	padding := max(0, c.shown-width)
	switch {
	case c.closed:
		return
	case width == 0:
		c.erase()
		return
	}
	// If the line cannot be shown, the command still continues.
	_, _ = io.WriteString(c.err, "\r"+line+strings.Repeat(" ", padding)+strings.Repeat("\b", padding))
	c.shown = width
}

// erase erases the line and leaves the cursor at its start.
func (c *Console) erase() {
	if c.shown > 0 {
		_, _ = io.WriteString(c.err, "\r"+strings.Repeat(" ", c.shown)+"\r")
		c.shown = 0
	}
}

// print writes a line that is not erased.
func (c *Console) print(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.erase()
	_, _ = io.WriteString(c.err, line+"\n")
}
