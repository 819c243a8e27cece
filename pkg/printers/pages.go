package printers

import (
	"io"
	"strings"
)

// pages is a text that grows by whole pages: long texts are not copied, as a buffer copies them when it grows.
type pages struct{ full [][]byte }

// pageSize is how long a page is at least.
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

// WriteTo writes the text.
func (p *pages) WriteTo(w io.Writer) (int64, error) {
	var written int64
	for _, page := range p.full {
		n, err := w.Write(page)
		written += int64(n)
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// String is the text in one piece.
func (p *pages) String() string {
	var b strings.Builder
	_, _ = p.WriteTo(&b)
	return b.String()
}
