package printers

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fill breaks a text into lines of at most width columns, at blanks; a word that is longer than a line is broken behind
// punctuation if it has any. There is at least one line. A width below 1 is none: the text stays one line.
func Fill(text string, width int) []string {
	words := strings.Fields(text)
	if width < 1 {
		return []string{strings.Join(words, " ")}
	}
	lines, column := []string{""}, 0
	for _, word := range words {
		parts := breakWord(word, width)
		length, last := utf8.RuneCountInString(parts[0]), len(lines)-1
		switch {
		case column == 0:
			lines[last] = parts[0]
		case column+1+length > width || len(parts) > 1:
			lines = append(lines, parts[0])
		default:
			lines[last] += " " + parts[0]
		}
		lines = append(lines, parts[1:]...)
		column = utf8.RuneCountInString(lines[len(lines)-1])
	}
	return lines
}

// breakWord cuts a word into parts of at most width columns, behind punctuation or before a capital letter if there is one.
func breakWord(word string, width int) []string {
	var parts []string
	runes := []rune(word)
	for len(runes) > width {
		cut := width
		for at := width; at > 2; at-- {
			if strings.ContainsRune("-./,:@=_+|", runes[at-1]) || unicode.IsUpper(runes[at]) && unicode.IsLower(runes[at-1]) {
				cut = at
				break
			}
		}
		parts = append(parts, string(runes[:cut]))
		runes = runes[cut:]
	}
	return append(parts, string(runes))
}
