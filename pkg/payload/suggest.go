package payload

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxSuggestions is how many names DidYouMean suggests.
const maxSuggestions = 3

// DidYouMean returns the end of an error about an unknown name or pattern: "; did you mean A, B, C?" with up to three of names,
// the most similar first. It is empty if none is similar. It ignores case.
func DidYouMean(asked string, names []string) string {
	if IsGlob(asked) {
		return didYouMeanGlob(asked, names)
	}
	asked = strings.ToLower(asked)
	limit, distances := maxDistance(len(asked)), map[string]int{}
	for _, name := range names {
		lower := strings.ToLower(name)
		d := distance([]rune(asked), []rune(lower))
		if isPart(asked, lower) {
			d = min(d, limit)
		}
		if d <= limit {
			distances[name] = d
		}
	}
	return question(distances)
}

// isPart reports whether a word is a part of a name, or a name with one or two more letters.
func isPart(word, name string) bool {
	if strings.HasPrefix(word, name) {
		return len(name) > 1 && len(word)-len(name) <= 2
	}
	return len(word) > 2 && strings.Contains(name, word)
}

// maxDistance is how many letters of a word may differ from a similar word.
func maxDistance(length int) int {
	switch {
	case length < 2:
		return 0
	case length < 6:
		return 1
	default:
		return max(2, length/3)
	}
}

// didYouMeanGlob is DidYouMean for a pattern. A name is similar if it matches after a few changes, or if a part of it matches.
func didYouMeanGlob(glob string, names []string) string {
	pattern, letters := parseGlob(strings.ToLower(glob))
	if letters < 3 {
		return ""
	}
	within := slices.Concat([]rune{anyText}, pattern, []rune{anyText})
	limit, distances := max(1, letters/4), map[string]int{}
	for _, name := range names {
		lower := []rune(strings.ToLower(name))
		d := distance(pattern, lower)
		if d > limit && distance(within, lower) == 0 {
			d = limit
		}
		if d <= limit {
			distances[name] = d
		}
	}
	return question(distances)
}

// IsGlob reports whether a name is a pattern: whether it has * ? or [.
func IsGlob(name string) bool { return strings.ContainsAny(name, "*?[") }

// The runes that stand for wildcards.
const (
	anyText = -1 // *
	anyRune = -2 // ? and [a-z]
)

// parseGlob returns the runes of a pattern, and how many of them are not wildcards.
func parseGlob(glob string) (pattern []rune, letters int) {
	for len(glob) > 0 {
		r, size := utf8.DecodeRuneInString(glob)
		switch end := strings.IndexByte(glob, ']'); {
		case r == '*':
			r = anyText
		case r == '?':
			r = anyRune
		case r == '[' && end > 0:
			r, size = anyRune, end+1
		default:
			letters++
		}
		pattern, glob = append(pattern, r), glob[size:]
	}
	return pattern, letters
}

// distance is how many runes of a name have to be changed, added, removed or swapped with the next rune so that it matches a
// pattern.
func distance(pattern, name []rune) int {
	row := make([]int, len(name)+1) // the distances between the pattern so far and each beginning of the name
	for i := range row {
		row[i] = i
	}
	var previous []int
	for at, p := range pattern {
		next := make([]int, len(row))
		if p == anyText {
			next[0] = row[0]
			for i := range name {
				next[i+1] = min(next[i], row[i+1])
			}
		} else {
			next[0] = row[0] + 1
			for i, r := range name {
				change := 1
				if p == anyRune || p == r {
					change = 0
				}
				next[i+1] = min(row[i]+change, row[i+1]+1, next[i]+1)
				if at > 0 && i > 0 && p == name[i-1] && pattern[at-1] == r {
					next[i+1] = min(next[i+1], previous[i-1]+1)
				}
			}
		}
		previous, row = row, next
	}
	return row[len(name)]
}

// question asks about the most similar names, empty for none.
func question(distances map[string]int) string {
	if len(distances) == 0 {
		return ""
	}
	near := slices.SortedFunc(maps.Keys(distances), func(a, b string) int {
		return cmp.Or(cmp.Compare(distances[a], distances[b]), cmp.Compare(a, b))
	})
	return "; did you mean " + strings.Join(near[:min(maxSuggestions, len(near))], ", ") + "?"
}
