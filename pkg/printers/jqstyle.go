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

// style is how a value of jq is written as JSON.
type style struct {
	indent bool
	color  bool
}

// The colours that jq uses.
const (
	colorNull   = "0;90"
	colorPlain  = "0;39"
	colorString = "0;32"
	colorMark   = "1;39"
	colorKey    = "34;1"
)

// write writes a value: on one line, or indented by two blanks a level, in colour if asked for.
func (s style) write(b *bufio.Writer, value any, depth int) error {
	switch v := value.(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		return s.block(b, "{", "}", len(keys), depth, func(i int) error {
			if err := s.scalar(b, keys[i], colorKey); err != nil {
				return err
			}
			s.paint(b, ":", colorMark)
			if !s.compact() {
				b.WriteByte(' ')
			}
			return s.write(b, v[keys[i]], depth+1)
		})
	case []any:
		return s.block(b, "[", "]", len(v), depth, func(i int) error { return s.write(b, v[i], depth+1) })
	case nil:
		return s.scalar(b, v, colorNull)
	case string:
		return s.scalar(b, v, colorString)
	default:
		return s.scalar(b, v, colorPlain)
	}
}

// block writes the entries of an object or array, one a line.
func (s style) block(b *bufio.Writer, open, end string, entries, depth int, entry func(i int) error) error {
	s.paint(b, open, colorMark)
	for i := range entries {
		if i > 0 {
			s.paint(b, ",", colorMark)
		}
		s.newLine(b, depth+1)
		if err := entry(i); err != nil {
			return err
		}
	}
	if entries > 0 {
		s.newLine(b, depth)
	}
	s.paint(b, end, colorMark)
	return nil
}

func (s style) newLine(b *bufio.Writer, depth int) {
	if !s.compact() {
		b.WriteString("\n" + strings.Repeat("  ", depth))
	}
}

// compact says whether a value is on one line.
func (s style) compact() bool { return !s.indent && !s.color }

func (s style) scalar(b *bufio.Writer, value any, color string) error {
	if small, ok := value.(float64); ok && small != 0 && math.Abs(small) < 1 {
		value = json.Number(strconv.FormatFloat(small, 'f', -1, 64)) // 1e-7 has all its zeros
	}
	raw, err := gojq.Marshal(value)
	if err != nil {
		return fmt.Errorf("encoding a result of jq: %w", err)
	}
	if s.compact() {
		b.Write(raw)
		return nil
	}
	s.paint(b, SafeLine(string(raw)), color)
	return nil
}

func (s style) paint(b *bufio.Writer, text, color string) {
	if s.color {
		text = "\x1b[" + color + "m" + text + "\x1b[0m"
	}
	b.WriteString(text)
}
