// Package pathtext writes the values of a path that differs between two objects as lines, for the text, the Markdown and the page
// of a diff. All lines are safe on terminals.
package pathtext

import (
	"encoding/json"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/release-x/oc-release-x/pkg/payload/diff"
	"github.com/release-x/oc-release-x/pkg/printers/safe"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// Line is a line of a value.
type Line struct {
	Sign string // "-" for the old value, "+" for the new one, "" for what both have
	Text string
}

// Short returns the old and the new value if each is one line; ok is false otherwise.
func Short(p v1alpha1.PathDiff) (from, to string, ok bool) {
	if _, _, texts := longTexts(p); texts {
		return "", "", false
	}
	before, after := valueLines(p.From), valueLines(p.To)
	if len(before) != 1 || len(after) != 1 {
		return "", "", false
	}
	return before[0], after[0], true
}

// Lines returns the lines that differ: of texts of several lines with equal lines around them, otherwise both values as YAML.
func Lines(p v1alpha1.PathDiff) []Line {
	if from, to, texts := longTexts(p); texts {
		return textLines(from, to)
	}
	var lines []Line
	for _, line := range valueLines(p.From) {
		lines = append(lines, Line{"-", line})
	}
	for _, line := range valueLines(p.To) {
		lines = append(lines, Line{"+", line})
	}
	return lines
}

// longTexts returns the values of a path if both are texts and one has several lines.
func longTexts(p v1alpha1.PathDiff) (from, to string, ok bool) {
	from, isText := p.From.(string)
	to, areTexts := p.To.(string)
	return from, to, isText && areTexts && strings.Contains(from+to, "\n")
}

func textLines(from, to string) []Line {
	var lines []Line
	for _, line := range diff.Lines(from, to) {
		if line == "" {
			lines = append(lines, Line{})
			continue
		}
		lines = append(lines, Line{strings.TrimSpace(line[:1]), safe.Line(line[2:])})
	}
	return lines
}

// valueLines returns a value as lines of YAML, none for an absent value.
func valueLines(value any) []string {
	if value == nil {
		return nil
	}
	if text, ok := value.(string); ok && isPlain(text) {
		return []string{safe.Line(text)}
	}
	var text string
	switch value := value.(type) {
	case string:
		if !strings.Contains(value, "\n") {
			text = valueJSON(value)
			break
		}
		text = "|\n  " + strings.ReplaceAll(strings.TrimSuffix(value, "\n"), "\n", "\n  ")
	case map[string]any, []any:
		converted, err := yaml.Marshal(value)
		if err == nil {
			text = string(converted)
			break
		}
		text = valueJSON(value)
	default:
		text = valueJSON(value)
	}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		lines[i] = safe.Line(line)
	}
	return lines
}

// isPlain reports whether a string is shown without quotes: it cannot be taken for another value, and all of it is visible.
func isPlain(text string) bool {
	if text == "" || strings.TrimSpace(text) != text || strings.ContainsAny(text, "\n\t") {
		return false
	}
	return !json.Valid([]byte(text))
}

// valueJSON returns a value as one line of JSON.
func valueJSON(value any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(b.String())
}
