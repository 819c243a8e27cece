// Package safe escapes text from outside for terminals and pages: control characters, and characters that change the direction
// of writing.
package safe

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Text writes control characters, characters that change the direction of writing, and bytes that are not UTF-8 as \x1b or
// \u202e. Line breaks and tabs are kept.
func Text(text string) string { return escape(text, true) }

// Line is Text for one cell, line or name: it also escapes line breaks and tabs.
func Line(text string) string { return escape(text, false) }

func escape(text string, keepLayout bool) string {
	harmless := func(r rune, size int) bool {
		if r == utf8.RuneError && size == 1 {
			return false
		}
		return strconv.IsPrint(r) || keepLayout && (r == '\n' || r == '\t')
	}
	clean := true
	for i, r := range text {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				clean = false
				break
			}
		}
		if !harmless(r, 0) {
			clean = false
			break
		}
	}
	if clean {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case harmless(r, size):
			b.WriteString(text[:size])
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		default:
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		text = text[size:]
	}
	return b.String()
}
