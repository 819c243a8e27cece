// Package safe shows text that comes from outside so that it can do nothing to who reads it: no control character, no
// mark that turns the direction of writing.
package safe

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Text makes text harmless on a terminal: control characters, escapes, marks that turn the direction of
// writing and bytes that are no UTF-8 are shown as \x1b or \u202e. Line breaks and tabs stay.
func Text(text string) string { return visible(text, true) }

// Line does what Text does to line breaks and tabs too: for one cell, one line, one name.
func Line(text string) string { return visible(text, false) }

func visible(text string, keepLayout bool) string {
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
