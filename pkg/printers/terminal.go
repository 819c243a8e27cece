package printers

import (
	"io"

	"github.com/moby/term"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/release-x/oc-release-x/pkg/printers/safe"
)

// IsTerminal reports whether a stream is a terminal.
func IsTerminal(stream any) bool { return printers.IsTerminal(stream) }

// ShowsColor reports whether a stream is a terminal that shows colors. NO_COLOR and TERM are respected.
func ShowsColor(w io.Writer) bool { return printers.AllowsColorOutput(w) }

// TerminalSize returns the number of columns and rows of a terminal, 0 for other streams.
func TerminalSize(stream any) (columns, rows int) {
	fd, isTerminal := term.GetFdInfo(stream)
	if !isTerminal {
		return 0, 0
	}
	size, err := term.GetWinsize(fd)
	if err != nil {
		return 0, 0
	}
	return int(size.Width), int(size.Height)
}

// SafeText escapes text for a terminal, except line breaks and tabs. See safe.Text.
func SafeText(text string) string { return safe.Text(text) }

// SafeLine escapes one cell, line or name for a terminal. See safe.Line.
func SafeLine(text string) string { return safe.Line(text) }

// pages is a buffer of pages, which are not copied when it grows. It keeps each Write in one page.
type pages struct{ full [][]byte }

// pageSize is the smallest size of a page.
const pageSize = 64 << 10

func (p *pages) Write(text []byte) (int, error) {
	last := len(p.full) - 1
	if last < 0 || cap(p.full[last])-len(p.full[last]) < len(text) {
		p.full = append(p.full, make([]byte, 0, max(pageSize, len(text))))
		last++
	}
	p.full[last] = append(p.full[last], text...)
	return len(text), nil
}

// writeTo writes the text, escaped for a terminal if escape is set. No page ends within a character of the text, because
// each Write has whole characters.
func (p *pages) writeTo(w io.Writer, escape bool) error {
	for _, page := range p.full {
		if escape {
			page = []byte(SafeText(string(page)))
		}
		if _, err := w.Write(page); err != nil {
			return err
		}
	}
	return nil
}
