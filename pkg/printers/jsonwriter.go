package printers

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/itchyny/gojq"
)

// jsonWriter writes values as JSON without holding the text, which can be far longer than the values: every line of
// indented JSON repeats how deep it is.
type jsonWriter struct {
	indent   string // of one level; "" writes everything on one line
	color    bool
	terminal bool // scalars are escaped for a terminal
	scalar   func(any) ([]byte, error)
}

// kubectlJSON writes JSON as encoding/json does, and so kubectl.
func kubectlJSON(indent string, terminal bool) jsonWriter {
	return jsonWriter{indent: indent, terminal: terminal, scalar: json.Marshal}
}

// jqJSON writes JSON as jq does: compact in pipes, indented on terminals.
func jqJSON(terminal, color bool) jsonWriter {
	w := jsonWriter{color: color, terminal: terminal || color, scalar: jqScalar}
	if w.terminal {
		w.indent = "  "
	}
	return w
}

// jqScalar writes small numbers without an exponent.
func jqScalar(value any) ([]byte, error) {
	if small, ok := value.(float64); ok && small != 0 && math.Abs(small) < 1 {
		value = json.Number(strconv.FormatFloat(small, 'f', -1, 64))
	}
	return gojq.Marshal(value)
}

// The colors that jq uses.
const (
	colorNull   = "0;90"
	colorPlain  = "0;39"
	colorString = "0;32"
	colorMark   = "1;39"
	colorKey    = "34;1"
)

// lazyItems are the items of a list, which are converted when they are written.
type lazyItems []any

// write writes a value that is depth levels deep. The errors of b are left to its Flush.
func (w jsonWriter) write(b *bufio.Writer, value any, depth int) error {
	switch v := value.(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		return w.writeBlock(b, "{", "}", len(keys), depth, func(i int) error {
			if err := w.writeScalar(b, keys[i], colorKey); err != nil {
				return err
			}
			w.paint(b, ":", colorMark)
			if w.indent != "" {
				b.WriteByte(' ')
			}
			return w.write(b, v[keys[i]], depth+1)
		})
	case []any:
		return w.writeBlock(b, "[", "]", len(v), depth, func(i int) error { return w.write(b, v[i], depth+1) })
	case lazyItems:
		return w.writeBlock(b, "[", "]", len(v), depth, func(i int) error {
			item, err := toValues(v[i])
			if err != nil {
				return err
			}
			return w.write(b, item, depth+1)
		})
	case nil:
		return w.writeScalar(b, v, colorNull)
	case string:
		return w.writeScalar(b, v, colorString)
	default:
		return w.writeScalar(b, v, colorPlain)
	}
}

// writeBlock writes the entries of an object or array, each on its own line if there is an indent.
func (w jsonWriter) writeBlock(b *bufio.Writer, open, end string, entries, depth int, entry func(i int) error) error {
	w.paint(b, open, colorMark)
	for i := range entries {
		if i > 0 {
			w.paint(b, ",", colorMark)
		}
		w.newLine(b, depth+1)
		if err := entry(i); err != nil {
			return err
		}
	}
	if entries > 0 {
		w.newLine(b, depth)
	}
	w.paint(b, end, colorMark)
	return nil
}

func (w jsonWriter) newLine(b *bufio.Writer, depth int) {
	if w.indent != "" {
		b.WriteString("\n" + strings.Repeat(w.indent, depth))
	}
}

func (w jsonWriter) writeScalar(b *bufio.Writer, value any, color string) error {
	raw, err := w.scalar(value)
	if err != nil {
		return fmt.Errorf("encoding a value: %w", err)
	}
	switch {
	case w.terminal:
		w.paint(b, SafeLine(string(raw)), color)
	default:
		b.Write(raw)
	}
	return nil
}

func (w jsonWriter) paint(b *bufio.Writer, text, color string) {
	if w.color {
		text = "\x1b[" + color + "m" + text + "\x1b[0m"
	}
	b.WriteString(text)
}
