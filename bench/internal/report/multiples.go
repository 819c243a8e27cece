package report

import (
	"fmt"

	"github.com/release-x/oc-release-x/bench/internal/contest"
)

// Multiples judges the memory that commands take for each further multiple of the text of a payload. The rows have these
// multiples, the first of them the least. What is wanted is less than commit ff445dd took.
func Multiples(r Results, times [3]int) []Judgement {
	const before = 22
	var judgements []Judgement
	for _, command := range []string{"manifests", "extract"} {
		j := Judgement{Text: command + ", memory for each further multiple of the payload's text", Want: fmt.Sprintf("< %d MB", before), Got: "–"}
		_, first, err := r.find(At{"multiples", Loopback, contest.MultipleID(command, times[0])})
		if err == nil {
			var last contest.Row
			if _, last, err = r.find(At{"multiples", Loopback, contest.MultipleID(command, times[2])}); err == nil {
				mb := (last.RSS.Median() - first.RSS.Median()) / float64(times[2]-times[0])
				j.Got, j.Verdict = fmt.Sprintf("%.1f MB", mb), verdict(mb < before)
			}
		}
		if err != nil {
			j.Verdict = "not measured: " + err.Error()
		}
		judgements = append(judgements, j)
	}
	return judgements
}
