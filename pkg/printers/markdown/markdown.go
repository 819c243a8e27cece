// Package markdown writes text from outside into GitHub Flavored Markdown so that nothing in it acts: no table, link or HTML begins
// in it, and GitHub links no @name, #number or address.
package markdown

import (
	"html"
	"regexp"
	"strings"

	"github.com/release-x/oc-release-x/pkg/printers/safe"
)

// Code returns a text as code within a line. Line breaks and control characters are escaped.
func Code(text string) string {
	text = safe.Line(text)
	if strings.TrimSpace(text) == "" {
		return text
	}
	fence := strings.Repeat("`", longestRun(text)+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") || strings.HasPrefix(text, " ") && strings.HasSuffix(text, " ") {
		text = " " + text + " " // which Markdown removes
	}
	return fence + text + fence
}

// longestRun returns the length of the longest run of backticks.
func longestRun(text string) int {
	longest, run := 0, 0
	for _, r := range text {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// Prose returns a sentence in which all words but plain ones are code.
func Prose(text string) string {
	words := strings.Fields(safe.Line(text))
	plain := regexp.MustCompile(`^(?:[\p{L}'’-]*\p{L}|[0-9]{1,6})$`)
	for i, word := range words {
		inner := strings.TrimRight(word, ".,;:")
		if !plain.MatchString(inner) {
			words[i] = Code(inner) + word[len(inner):]
		}
	}
	return strings.Join(words, " ")
}

// HTMLCode returns a text as code within a line of HTML.
func HTMLCode(text string) string { return "<code>" + html.EscapeString(safe.Line(text)) + "</code>" }

// Link returns a link to an address of the web, with code as its text; the text alone if the address is no plain one.
func Link(text, address string) string {
	if !regexp.MustCompile(`^https://[A-Za-z0-9][A-Za-z0-9./_~-]*$`).MatchString(address) {
		return Code(text)
	}
	return "[" + Code(text) + "](" + address + ")"
}

// Block returns lines as a block of code. language colors it.
func Block(language string, lines []string) string {
	longest := 2
	for i, line := range lines {
		lines[i] = safe.Line(line)
		longest = max(longest, longestRun(line))
	}
	fence := strings.Repeat("`", longest+1)
	return fence + language + "\n" + strings.Join(lines, "\n") + "\n" + fence + "\n"
}

// Row returns a row of a table. The cells are Markdown. A pipe ends a cell even in code, unless there is a backslash before it, which
// GitHub removes.
func Row(cells ...string) string {
	escaped := make([]string, len(cells))
	for i, cell := range cells {
		escaped[i] = strings.ReplaceAll(cell, "|", `\|`)
	}
	return "| " + strings.Join(escaped, " | ") + " |\n"
}

// Head returns the heading of a table.
func Head(cells ...string) string {
	return Row(cells...) + "|" + strings.Repeat(" --- |", len(cells)) + "\n"
}
