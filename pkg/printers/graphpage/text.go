package graphpage

import (
	"slices"
	"strconv"
	"strings"
)

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
