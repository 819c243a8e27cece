package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/release-x/oc-release-x/bench/internal/contest"
)

// Carries writes a table of what pulls or loads cost: medians, with the ratio to the first row, and exact counts.
func Carries(t contest.Table) string {
	rows := [][]string{{"", "time, s", "min–max", "ratio", "CPU, s", "peak, MB", "requests at the source", "MB from it", "read again", "requests at the target"}}
	for _, row := range t.Rows {
		if row.Why != "" {
			rows = append(rows, []string{row.Name + " (" + invite(row.Why) + ")", "–", "–", "–", "–", "–", "–", "–", "–", "–"})
			continue
		}
		least, greatest := row.Wall.Spread()
		rows = append(rows, []string{
			row.Name, seconds(row.Wall.Median()), seconds(least) + "–" + seconds(greatest), hundredths(row.Wall.Ratio(t.Rows[0].Wall)),
			known(seconds, row.CPU.Median()), known(tenths, row.RSS.Median()), strings.Join(row.Requests, " or "), tenths(row.Bytes.Median() / 1e6),
			count(row.Repeated), strings.Join(row.TargetRequests, " or "),
		})
	}
	return fmt.Sprintf("### %s, %s\n\n%s, load average %s before and %s after.\n\n%s", t.Title, t.Link, rounds(t.Rounds), t.Load[0], t.Load[1], markdown("lrrrrrrrrr", rows))
}

// known writes a value, or a dash for one that was not measured.
func known(write func(float64) string, v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return write(v)
}

// CarryGoals are what pull and load shall reach, with releases of so many images in the job of many.
func CarryGoals(many [2]int) []Goal {
	at := func(job, link, id string) At { return At{job, link, id} }
	goals := []Goal{}
	for _, form := range []string{"directory", "archive"} {
		goals = append(goals,
			Goal{Text: "pull to " + form + ", time in that of the limit, link", Metric: Wall, Ours: at("pull", Shaped, form), Theirs: at("pull", Shaped, "limit"), AtMost: 1.4},
			Goal{Text: "pull to " + form + ", blobs read more than once", Metric: RepeatedBlobs, Ours: at("pull", Shaped, form)},
			Goal{Text: "pull to " + form + ", peak memory", Metric: RSS, Ours: at("pull", Shaped, form), AtMost: 150},
		)
	}
	for _, form := range []string{"directory", "archive"} {
		goals = append(goals,
			Goal{Text: "load from " + form + ", time in that of the best loop of regctl", Metric: Wall, Ours: at("load", Loopback, form), Theirs: at("load", Loopback, "regctl"), AtMost: 1},
			Goal{Text: "load from " + form + ", peak memory", Metric: RSS, Ours: at("load", Loopback, form), AtMost: 150},
		)
	}
	for _, metric := range []Metric{Wall, CPU} {
		goals = append(goals, Goal{
			Text: fmt.Sprintf("pull of %d images, %s in that of %d", many[1], metric, many[0]), Metric: metric,
			Ours: at("many", Loopback, fmt.Sprint(many[1])), Theirs: at("many", Loopback, fmt.Sprint(many[0])), AtMost: 4.6,
		})
	}
	return goals
}
