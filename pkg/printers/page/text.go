package page

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// visible shows what cannot be seen, or turns the direction of writing, as \u202e or \x9f: a name must not look like
// another one.
func visible(text string) string {
	seen := func(r rune) bool { return r != utf8.RuneError && strconv.IsPrint(r) }
	if strings.IndexFunc(text, func(r rune) bool { return !seen(r) }) < 0 {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case r == utf8.RuneError || seen(r):
			b.WriteString(text[:size])
		default:
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		text = text[size:]
	}
	return b.String()
}

// cut cuts a long name behind marks, where its line may break.
func cut(text, marks string) []string {
	var parts []string
	for at := strings.IndexAny(text, marks); at >= 0 && at+1 < len(text); at = strings.IndexAny(text, marks) {
		parts, text = append(parts, text[:at+1]), text[at+1:]
	}
	return append(parts, text)
}

// cutWords cuts a kind where a word of it begins.
func cutWords(kind string) []string {
	var parts []string
	begin := 0
	for at := 1; at < len(kind); at++ {
		isUpper := kind[at] >= 'A' && kind[at] <= 'Z'
		if isUpper && kind[at-1] >= 'a' && kind[at-1] <= 'z' {
			parts, begin = append(parts, kind[begin:at]), at
		}
	}
	return append(parts, kind[begin:])
}

// count is a number with its noun, thousands apart: "1,028 objects".
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return thousands(n) + " " + noun
}

func thousands(n int) string {
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// namedLevels is how many levels are named before the first and the last stand for them.
const namedLevels = 6

// levelNames says which run levels there are; an empty one is that of a file whose name has none.
func levelNames(levels []string) string {
	named := slices.DeleteFunc(slices.Clone(levels), func(level string) bool { return level == "" })
	none := ""
	if len(named) < len(levels) {
		none = " and none"
	}
	switch {
	case len(named) == 0:
		return "No level"
	case len(named) == 1:
		return "Level " + named[0] + none
	case len(named) <= namedLevels:
		return "Levels " + strings.Join(named, ", ") + none
	}
	// As numbers, so that 100 comes after 20. Numbers of any length are compared by length first.
	number := func(level string) string { return strings.TrimLeft(level, "0") }
	slices.SortStableFunc(named, func(a, b string) int {
		if len(number(a)) != len(number(b)) {
			return len(number(a)) - len(number(b))
		}
		return strings.Compare(number(a), number(b))
	})
	return thousands(len(named)) + " levels from " + named[0] + " to " + named[len(named)-1] + none
}
