package payload

import (
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// mostNear is how many names are proposed.
const mostNear = 3

// DidYouMean ends an error about a name or a glob that is not there: it asks whether one of up to three others was meant,
// the nearest first. It is empty when none is near; case does not count.
func DidYouMean(asked string, names []string) string {
	if strings.ContainsAny(asked, "*?[") {
		return didYouMeanGlob(asked, names)
	}
	return didYouMean(asked, names, levenshtein.ComputeDistance)
}

// didYouMeanGlob is DidYouMean for a glob: names that begin or end almost as it does are near.
func didYouMeanGlob(glob string, names []string) string {
	return didYouMean(strings.Trim(glob, "*?"), names, func(asked, name string) int {
		d := levenshtein.ComputeDistance(asked, name)
		if len(asked) < 4 {
			return d
		}
		length := min(len(asked), len(name))
		if strings.HasSuffix(glob, "*") {
			d = min(d, levenshtein.ComputeDistance(asked, name[:length]))
		}
		if strings.HasPrefix(glob, "*") {
			d = min(d, levenshtein.ComputeDistance(asked, name[len(name)-length:]))
		}
		return d
	})
}

func didYouMean(asked string, names []string, distance func(asked, name string) int) string {
	asked = strings.ToLower(asked)
	distances := map[string]int{}
	for _, name := range names {
		lower := strings.ToLower(name)
		d := distance(asked, lower)
		if len(asked) > 2 && strings.Contains(lower, asked) {
			d = min(d, 2)
		}
		if d <= max(2, len(asked)/3) {
			distances[name] = d
		}
	}
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
