package display

import (
	"io"
	"strings"
	"sync"
)

// Console is standard error with one line at its end that comes and goes. Whatever else is written goes through Guard or
// Result, which erase the line first.
type Console struct {
	mu     sync.Mutex
	err    io.Writer
	shown  int  // columns of the line that stands there; 0 for none
	closed bool // no line is drawn any more
}

// NewConsole makes a console of standard error.
func NewConsole(err io.Writer) *Console { return &Console{err: err} }

// Guard gives a writer to standard error before whose writes the line is erased. It may come back after them.
func (c *Console) Guard() io.Writer { return guarded{c} }

type guarded struct{ *Console }

func (g guarded) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.erase()
	return g.err.Write(p)
}

// Result gives a writer for the result, w. With its first byte the line is gone for good: w may be the same terminal,
// or a pager that fills it.
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

// draw puts a line in place of the one that stands there; "" erases it. No escape sequence is needed for that, so it works
// where TERM is dumb.
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
	// A line that cannot be shown is not worth an error.
	_, _ = io.WriteString(c.err, "\r"+line+strings.Repeat(" ", padding)+strings.Repeat("\b", padding))
	c.shown = width
}

// erase leaves the cursor at the start of an empty line.
func (c *Console) erase() {
	if c.shown > 0 {
		_, _ = io.WriteString(c.err, "\r"+strings.Repeat(" ", c.shown)+"\r")
		c.shown = 0
	}
}

// print writes a line that stays.
func (c *Console) print(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.erase()
	_, _ = io.WriteString(c.err, line+"\n")
}
