package printers

import (
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

// format writes a value: on one line, or indented by two blanks a level, in colour if asked for.
func (s style) format(value any) (string, error) {
	value = withoutExponents(value)
	if !s.indent && !s.color {
		raw, err := gojq.Marshal(value)
		if err != nil {
			return "", fmt.Errorf("encoding a result of jq: %w", err)
		}
		return string(raw), nil
	}
	var b strings.Builder
	err := s.write(&b, value, 0)
	return b.String(), err
}

// withoutExponents writes small numbers, such as 1e-7, with all their zeros.
func withoutExponents(value any) any {
	switch v := value.(type) {
	case float64:
		if v != 0 && math.Abs(v) < 1 {
			return json.Number(strconv.FormatFloat(v, 'f', -1, 64))
		}
	case []any:
		plain := make([]any, len(v))
		for i := range v {
			plain[i] = withoutExponents(v[i])
		}
		return plain
	case map[string]any:
		plain := make(map[string]any, len(v))
		for key := range v {
			plain[key] = withoutExponents(v[key])
		}
		return plain
	}
	return value
}

func (s style) write(b *strings.Builder, value any, depth int) error {
	switch v := value.(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		return s.block(b, "{", "}", len(keys), depth, func(i int) error {
			if err := s.scalar(b, keys[i], colorKey); err != nil {
				return err
			}
			s.paint(b, ":", colorMark)
			b.WriteString(" ")
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
func (s style) block(b *strings.Builder, open, end string, entries, depth int, entry func(i int) error) error {
	s.paint(b, open, colorMark)
	for i := range entries {
		if i > 0 {
			s.paint(b, ",", colorMark)
		}
		b.WriteString("\n" + strings.Repeat("  ", depth+1))
		if err := entry(i); err != nil {
			return err
		}
	}
	if entries > 0 {
		b.WriteString("\n" + strings.Repeat("  ", depth))
	}
	s.paint(b, end, colorMark)
	return nil
}

func (s style) scalar(b *strings.Builder, value any, color string) error {
	raw, err := gojq.Marshal(value)
	if err != nil {
		return fmt.Errorf("encoding a result of jq: %w", err)
	}
	s.paint(b, SafeLine(string(raw)), color)
	return nil
}

func (s style) paint(b *strings.Builder, text, color string) {
	if s.color {
		text = "\x1b[" + color + "m" + text + "\x1b[0m"
	}
	b.WriteString(text)
}
