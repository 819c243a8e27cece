package printers

import "github.com/release-x/oc-release-x/pkg/printers/safe"

// SafeText is safe.Text, for what a terminal shows.
func SafeText(text string) string { return safe.Text(text) }

// SafeLine is safe.Line, for one cell, one line, one name.
func SafeLine(text string) string { return safe.Line(text) }
