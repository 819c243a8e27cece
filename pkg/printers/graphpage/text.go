package graphpage

import (
	"slices"
	"strconv"
	"strings"
)

// cut splits a long name after marks, where its line may break.
func cut(text, marks string) []string {
	var parts []string
	for at := strings.IndexAny(text, marks); at >= 0 && at+1 < len(text); at = strings.IndexAny(text, marks) {
		parts, text = append(parts, text[:at+1]), text[at+1:]
	}
	return append(parts, text)
}

// cutWords splits a kind before each word.
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

// count returns a number with its noun: "1,028 objects".
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

// namedLevels is the number of levels up to which all are named.
const namedLevels = 6

// levelNames lists run levels. An empty level is that of a file without one.
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
	// Sort as numbers of any length, so that 100 comes after 20.
	number := func(level string) string { return strings.TrimLeft(level, "0") }
	slices.SortStableFunc(named, func(a, b string) int {
		if len(number(a)) != len(number(b)) {
			return len(number(a)) - len(number(b))
		}
		return strings.Compare(number(a), number(b))
	})
	return thousands(len(named)) + " levels from " + named[0] + " to " + named[len(named)-1] + none
}
