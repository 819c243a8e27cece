package printers

import (
	"encoding/json"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/release-x/oc-release-x/pkg/payload/diff"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// path writes the values of a path, below its heading.
func (d *diffText) path(p v1alpha1.PathDiff) {
	const indent = "        "
	from, isText := p.From.(string)
	to, areTexts := p.To.(string)
	if isText && areTexts && strings.Contains(from+to, "\n") {
		for _, line := range diff.Lines(from, to) {
			d.line("%s", strings.TrimRight(indent+d.signed(SafeLine(line)), " "))
		}
		return
	}
	before, after := valueLines(p.From), valueLines(p.To)
	if len(before) == 1 && len(after) == 1 {
		d.line("%s%s", indent, d.change(true, true, before[0], after[0]))
		return
	}
	for _, line := range before {
		d.line("%s%s", indent, d.signed("- "+line))
	}
	for _, line := range after {
		d.line("%s%s", indent, d.signed("+ "+line))
	}
}

// signed returns a line in the color of its sign.
func (d *diffText) signed(line string) string {
	switch {
	case strings.HasPrefix(line, "-"):
		return d.colored(red, line)
	case strings.HasPrefix(line, "+"):
		return d.colored(green, line)
	}
	return line
}

// valueLines returns a value as lines of YAML, safe on a terminal; none for an absent value.
func valueLines(value any) []string {
	if value == nil {
		return nil
	}
	if text, ok := value.(string); ok && isPlain(text) {
		return []string{SafeLine(text)}
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
		lines[i] = SafeLine(line)
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
	text, err := marshal(value)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text))
}
