package printers

import (
	"io"

	"k8s.io/cli-runtime/pkg/printers"
)

// IsTerminal says whether a person is at the other end of a stream.
func IsTerminal(stream any) bool { return printers.IsTerminal(stream) }

// ShowsColor says whether a stream is a terminal that shows colours and may: NO_COLOR and TERM are heeded.
func ShowsColor(w io.Writer) bool { return printers.AllowsColorOutput(w) }
