package printers

import (
	"strconv"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/printers/safe"
)

// maxLevels is how many levels, or ranges of them, the summary of a node names.
const maxLevels = 8

// levelList is the levels of a node in their order, a hyphen for names without one. Three or more that follow each other
// by one are a range.
func levelList(n *graph.Node) string {
	var list []string
	levels := n.Levels()
	for at := 0; at < len(levels); {
		end := at + 1
		for end < len(levels) && isNext(levels[end-1], levels[end]) {
			end++
		}
		switch {
		case levels[at] == "":
			list = append(list, "-")
		case end-at > 2:
			list = append(list, levels[at]+".."+levels[end-1])
		default:
			list, end = append(list, levels[at]), at+1
		}
		at = end
	}
	if len(list) > maxLevels {
		list = append(list[:maxLevels-1:maxLevels-1], "…", list[len(list)-1])
	}
	return safe.Line(strings.Join(list, ","))
}

// isNext says whether a level follows another one by one, written with as many digits.
func isNext(level, next string) bool {
	a, errA := strconv.Atoi(level)
	b, errB := strconv.Atoi(next)
	return errA == nil && errB == nil && len(level) == len(next) && b == a+1
}
