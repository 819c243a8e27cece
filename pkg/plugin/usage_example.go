package plugin

import (
	"strings"
	"unicode/utf8"

	"github.com/release-x/oc-release-x/pkg/printers"
)

// wrapExamples wraps the comments and the command lines of examples.
func wrapExamples(text string, width int) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if comment, ok := strings.CutPrefix(line, "  # "); ok {
			lines[i] = "  # " + strings.Join(printers.Fill(comment, width-4), "\n  # ")
		} else {
			lines[i] = wrapCommand(line, width)
		}
	}
	return strings.Join(lines, "\n")
}

// wrapCommand breaks a command line that is too long where a shell allows it: at blanks outside quotes, with a backslash.
func wrapCommand(line string, width int) string {
	if utf8.RuneCountInString(line) <= width {
		return line
	}
	const indent = "    "
	words := shellWords(line)
	var lines []string
	current := line[:len(line)-len(strings.TrimLeft(line, " "))] + words[0]
	for i, word := range words[1:] {
		room := width - len(" \\")
		if i == len(words)-2 {
			room = width
		}
		if utf8.RuneCountInString(current)+1+utf8.RuneCountInString(word) > room {
			lines = append(lines, current+" \\")
			current = indent + word
			continue
		}
		current += " " + word
	}
	return strings.Join(append(lines, current), "\n")
}

// shellWords splits a command line at blanks outside quotes, but not a flag from its value; there is at least one word.
func shellWords(line string) []string {
	var words []string
	quote, begin := rune(0), 0
	add := func(word string) {
		last := len(words) - 1
		isValue := last >= 0 && strings.HasPrefix(words[last], "-") && !strings.Contains(words[last], " ")
		if isValue && (word == "-" || !strings.HasPrefix(word, "-")) {
			words[last] += " " + word
		} else if word != "" {
			words = append(words, word)
		}
	}
	line = strings.TrimSpace(line)
	for i, c := range line {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == ' ':
			add(line[begin:i])
			begin = i + 1
		}
	}
	add(line[begin:])
	return words
}
