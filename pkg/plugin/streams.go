package plugin

import (
	"io"
	"os"

	"github.com/release-x/oc-release-x/pkg/printers"
)

// Streams are where a command reads and writes, and who is at the other end.
type Streams struct {
	In     io.Reader
	Out    io.Writer
	ErrOut io.Writer

	OutTerminal bool // a person reads Out
	ErrTerminal bool // a person reads ErrOut
	Color       bool // Out shows colours
	Width       int  // columns of Out, 0 when it is no terminal
	// ErrWidth gives the columns that ErrOut has at the moment, 0 when it is no terminal; nil for 0.
	ErrWidth func() int
}

// FileStreams are the streams of a process, with what can be seen of who is at the other end.
func FileStreams(in, out, errOut *os.File) Streams {
	return Streams{
		In: in, Out: out, ErrOut: errOut,
		OutTerminal: printers.IsTerminal(out),
		ErrTerminal: printers.IsTerminal(errOut),
		Color:       printers.ShowsColor(out),
		Width:       printers.Width(out),
		ErrWidth:    func() int { return printers.Width(errOut) },
	}
}
