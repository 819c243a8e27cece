package display

import (
	"fmt"
	"io"
	"strings"
	"sync"
)

// Console writes to standard error, with a progress line or the rows of a copy at its end. All other output goes through Guard
// or Result, which erase them first.
type Console struct {
	mu      sync.Mutex
	err     io.Writer
	shown   int    // columns of the line that is shown; 0 for none
	rows    int    // of a copy that are shown; 0 for none
	text    string // of the rows
	partial bool   // the last output did not end its line
	claimed bool   // a copy is shown, and no line
	closed  bool   // neither is drawn
}

// NewConsole returns a console that writes to standard error.
func NewConsole(err io.Writer) *Console { return &Console{err: err} }

// Guard returns a writer to standard error that erases the line or the rows before each write. The line is drawn again later,
// the rows at once.
func (c *Console) Guard() io.Writer { return guarded{c} }

type guarded struct{ *Console }

func (g guarded) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.erase()
	if len(p) > 0 {
		g.partial = p[len(p)-1] != '\n'
	}
	n, err := g.err.Write(p)
	g.restore()
	return n, err
}

// Result returns a writer for the result of the command. The first write to it ends the line and the rows, because w may be the
// same terminal, or a pager that uses it.
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

// claim keeps the line from being drawn until release.
func (c *Console) claim() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.erase()
	c.claimed = true
}

// release erases the rows and lets the line be drawn again.
func (c *Console) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.erase()
	c.text, c.claimed = "", false
}

// draw replaces the line that is shown; "" erases it. It uses no escape sequences, so it works where TERM is dumb.
func (c *Console) draw(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	width := columnsOf(line)
	padding := max(0, c.shown-width)
	switch {
	case c.closed || c.claimed:
		return
	case width == 0:
		c.erase()
		return
	}
	// If the line cannot be shown, the command still continues.
	_, _ = io.WriteString(c.err, "\r"+line+strings.Repeat(" ", padding)+strings.Repeat("\b", padding))
	c.shown = width
}

// Escape sequences of terminals.
const (
	escapeUp        = "\x1b[%dA" // n lines up
	escapeLineEnd   = "\x1b[K"   // erases to the end of the line
	escapeScreenEnd = "\x1b[J"   // erases to the end of the screen
)

// drawRows replaces the rows that are shown, in one write. Only the console that was claimed for a copy shows them. The cursor
// stays below them, so that whatever the terminal prints itself, such as ^C, does not become part of them.
func (c *Console) drawRows(rows []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || !c.claimed || c.partial || len(rows) == 0 && c.rows == 0 {
		return
	}
	start := "\r"
	if c.rows > 0 {
		start += fmt.Sprintf(escapeUp, c.rows)
	}
	var text strings.Builder
	for _, row := range rows {
		text.WriteString(row + escapeLineEnd + "\n")
	}
	c.rows, c.text = len(rows), text.String()
	_, _ = io.WriteString(c.err, start+c.text+escapeScreenEnd)
}

// restore draws the rows again that were erased for other output.
func (c *Console) restore() {
	if c.text != "" && c.claimed && !c.closed && !c.partial {
		c.rows = strings.Count(c.text, "\n")
		_, _ = io.WriteString(c.err, c.text)
	}
}

// erase erases the line or the rows and leaves the cursor at its start.
func (c *Console) erase() {
	if c.rows > 0 {
		_, _ = fmt.Fprintf(c.err, "\r"+escapeUp+escapeScreenEnd, c.rows)
		c.rows = 0
	}
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
	c.restore()
}
