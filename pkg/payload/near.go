package payload

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// mostNear is how many names are proposed.
const mostNear = 3

// DidYouMean ends an error about a name or a glob that is not there: it asks whether one of up to three others was meant,
// the nearest first. It is empty when none is near; case does not count.
func DidYouMean(asked string, names []string) string {
	if IsGlob(asked) {
		return didYouMeanGlob(asked, names)
	}
	asked = strings.ToLower(asked)
	limit, distances := mistakes(len(asked)), map[string]int{}
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
	return ask(distances)
}

// isPart says whether a word is a part of a name, or one with one or two letters more.
func isPart(word, name string) bool {
	if strings.HasPrefix(word, name) {
		return len(name) > 1 && len(word)-len(name) <= 2
	}
	return len(word) > 2 && strings.Contains(name, word)
}

// mistakes is how many letters of a word may be wrong for it to be near another: a short one is soon like any other.
func mistakes(length int) int {
	switch {
	case length < 2:
		return 0
	case length < 6:
		return 1
	default:
		return max(2, length/3)
	}
}

// didYouMeanGlob is DidYouMean for a glob: names are near that would match it with few changes, or that hold what it
// matches.
func didYouMeanGlob(glob string, names []string) string {
	pattern, letters := readGlob(strings.ToLower(glob))
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
	return ask(distances)
}

// IsGlob says whether a name is meant to match several: whether * ? or [ is in it.
func IsGlob(name string) bool { return strings.ContainsAny(name, "*?[") }

// The runes of a glob that are no letters.
const (
	anyText = -1 // *
	anyRune = -2 // ? and [a-z]
)

// readGlob gives the runes of a glob, and how many of them are letters.
func readGlob(glob string) (pattern []rune, letters int) {
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

// distance is how many runes have to be changed, added, taken away or swapped with the next one for a name to match a
// pattern: a glob that was read, or plain runes.
func distance(pattern, name []rune) int {
	row := make([]int, len(name)+1) // of the part of the pattern that was looked at, for each beginning of the name
	for i := range row {
		row[i] = i
	}
	var before []int // the row before
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
					next[i+1] = min(next[i+1], before[i-1]+1)
				}
			}
		}
		before, row = row, next
	}
	return row[len(name)]
}

// ask is the question about the nearest of some names, "" for none.
func ask(distances map[string]int) string {
	near := make([]string, 0, len(distances))
	for name := range distances {
		near = append(near, name)
	}
	slices.SortFunc(near, func(a, b string) int {
		if distances[a] != distances[b] {
			return distances[a] - distances[b]
		}
		return strings.Compare(a, b)
	})
	if len(near) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(near[:min(mostNear, len(near))], ", ") + "?"
}
