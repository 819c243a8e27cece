package printers

import (
	"io"

	"github.com/moby/term"
	"k8s.io/cli-runtime/pkg/printers"
)

// IsTerminal says whether a person is at the other end of a stream.
func IsTerminal(stream any) bool { return printers.IsTerminal(stream) }

// ShowsColor says whether a stream is a terminal that shows colours and may: NO_COLOR and TERM are heeded.
func ShowsColor(w io.Writer) bool { return printers.AllowsColorOutput(w) }

// Width is how many columns a terminal has, 0 for what is no terminal.
func Width(stream any) int {
	fd, isTerminal := term.GetFdInfo(stream)
	if !isTerminal {
		return 0
	}
	size, err := term.GetWinsize(fd)
	if err != nil {
		return 0
	}
	return int(size.Width)
}
