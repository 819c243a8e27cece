package display

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/release-x/oc-release-x/pkg/payload/progress"
	"github.com/release-x/oc-release-x/pkg/printers"
)

// status returns the line that shows a record, with the elapsed time. It is empty if there is no task.
func status(r *Record, elapsed time.Duration) string {
	t, others, ok := r.current(false)
	if !ok {
		return ""
	}
	text := describe(t, fmt.Sprintf(", %ds", int(elapsed.Seconds())))
	if others > 0 {
		text += andMore(others)
	}
	return printers.SafeLine(strings.ToUpper(text[:1]) + text[1:])
}

func andMore(others int) string { return fmt.Sprintf(", and %d more", others) }

// describe returns what a task does, how much is done, and the source. time is placed before the source, which is cut first on
// narrow terminals.
func describe(t progress.Task, time string) string {
	verb := t.Verb
	if verb == "" {
		verb = "reading"
	}
	done := time
	if text := amount(t); text != "" {
		done = ", " + text + time
	}
	text := verb + " " + shortDigest(t.What) + done
	switch {
	case t.From == "":
		return text
	case done == "":
		return text + " from " + t.From
	}
	return text + ", from " + t.From
}

// amount returns how much is done as "12.3 of 45.6 MiB (27%)", or the known part of it. It is empty for tasks without parts.
func amount(t progress.Task) string {
	switch {
	case t.Count:
		return fmt.Sprintf("%d of %d", t.Done, t.Total)
	case t.Done == 0 && t.Verb != "":
		return ""
	case t.Done == 0:
		return "nothing has arrived"
	case t.Total <= 0 || t.Done > t.Total:
		divisor, unit := unitOf(t.Done)
		return quantity(t.Done, divisor) + " " + unit
	}
	divisor, unit := unitOf(t.Total)
	percent := int(100 * (float64(t.Done) / float64(t.Total)))
	return fmt.Sprintf("%s of %s %s (%d%%)", quantity(t.Done, divisor), quantity(t.Total, divisor), unit, percent)
}

// unitOf returns the unit in which to show a number of bytes.
func unitOf(bytes int64) (divisor int64, name string) {
	switch {
	case bytes >= 1<<30:
		return 1 << 30, "GiB"
	case bytes >= 1<<20:
		return 1 << 20, "MiB"
	case bytes >= 1<<10:
		return 1 << 10, "KiB"
	}
	return 1, "B"
}

func quantity(bytes, divisor int64) string {
	if divisor == 1 {
		return fmt.Sprint(bytes)
	}
	return fmt.Sprintf("%.1f", float64(bytes)/float64(divisor))
}

// shortDigest shortens the digest in a text to twelve digits.
func shortDigest(text string) string {
	const name, shown, length = "sha256:", 12, 64
	before, hex, found := strings.Cut(text, name)
	if !found || len(hex) < length {
		return text
	}
	return before + name + hex[:shown] + hex[length:]
}

// fit cuts a line to a number of columns. Characters outside ASCII count as two.
func fit(text string, columns int) string {
	if columnsOf(text) <= columns {
		return text
	}
	if columns < 1 {
		return ""
	}
	used := 0
	for i, r := range text {
		if used += columnsOfRune(r); used > columns-1 {
			return text[:i] + ">"
		}
	}
	return text
}

func columnsOf(text string) int {
	columns := 0
	for _, r := range text {
		columns += columnsOfRune(r)
	}
	return columns
}

func columnsOfRune(r rune) int {
	if r > unicode.MaxASCII {
		return 2
	}
	return 1
}
