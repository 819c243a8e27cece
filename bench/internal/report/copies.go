package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/release-x/oc-release-x/bench/internal/contest"
)

// The metrics of copies.
const (
	TargetRequests Metric = "requests at the target"
	RepeatedBlobs  Metric = "blobs read again"
	SourceBlobs    Metric = "blobs read"
)

// Copies writes a table of what copies cost: medians, with the ratio to the first row, and exact counts.
func Copies(t contest.Table) string {
	rows := [][]string{{"", "time, s", "min–max", "ratio", "CPU, s", "peak, MB", "requests at the source", "blobs", "read again", "requests at the target"}}
	for _, row := range t.Rows {
		if row.Why != "" {
			rows = append(rows, []string{row.Name + " (" + invite(row.Why) + ")", "–", "–", "–", "–", "–", "–", "–", "–", "–"})
			continue
		}
		least, greatest := row.Wall.Spread()
		rows = append(rows, []string{
			row.Name, seconds(row.Wall.Median()), seconds(least) + "–" + seconds(greatest), hundredths(row.Wall.Ratio(t.Rows[0].Wall)),
			seconds(row.CPU.Median()), tenths(row.RSS.Median()), strings.Join(row.Requests, " or "), count(row.Blobs), count(row.Repeated),
			strings.Join(row.TargetRequests, " or "),
		})
	}
	return fmt.Sprintf("### %s\n\n%s, load average %s before and %s after.\n\n%s", t.Title, rounds(t.Rounds), t.Load[0], t.Load[1], markdown("lrrrrrrrrr", rows))
}

func seconds(ms float64) string { return hundredths(ms / 1000) }

// CopyGoals are what mirror shall reach with a release of images, signed or not.
func CopyGoals(images int) []Goal {
	at := func(job, id string) At { return At{job, Loopback, id} }
	goals := []Goal{}
	for _, peer := range []struct{ id, name string }{
		{"oc", "oc adm release mirror"}, {"skopeo", "the best loop of skopeo"}, {"regctl", "the best loop of regctl"}, {"crane", "the best loop of crane"},
	} {
		goals = append(goals, Goal{Text: "copy in the time of " + peer.name, Metric: Wall, Ours: at("copy", "ours"), Theirs: at("copy", peer.id), AtMost: 1})
	}
	return append(goals,
		Goal{Text: "copy without signatures, requests at the target", Metric: TargetRequests, Ours: at("copy", "ours"), AtMost: 1650},
		Goal{Text: "copy without signatures, blobs read more than once", Metric: RepeatedBlobs, Ours: at("copy", "ours")},
		Goal{Text: "copy with signatures, requests at the target", Metric: TargetRequests, Ours: at("signed", "new"), AtMost: 2450},
		Goal{Text: "copy with signatures, blobs read more than once", Metric: RepeatedBlobs, Ours: at("signed", "new")},
		// One for each signature, and one for the tag.
		requests("copy again, source", at("signed", "again"), fmt.Sprintf("%d HEAD", images+1)),
		Goal{Text: "copy again, requests at the target", Metric: TargetRequests, Ours: at("signed", "again"), AtMost: float64(2 * images)},
		Goal{Text: "copy again, time", Metric: Wall, Ours: at("signed", "again"), AtMost: 1000},
		// The payload, and the configuration, which has the architecture for the tags at the target.
		Goal{Text: "copy again with --no-cache, blobs read", Metric: SourceBlobs, Ours: at("signed", "again-no-cache"), AtMost: 1},
		Goal{Text: "copy, peak memory", Metric: RSS, Ours: at("copy", "ours"), AtMost: 150},
		Goal{Text: "copy of one release, peak memory", Metric: RSS, Ours: at("several", "1"), AtMost: 150},
	)
}

// Growth judges what further releases cost, of a job whose rows have these numbers of releases: memory in megabytes for each,
// and the time that each of the last adds in that which each of those before them adds, which is 1 when the time is linear. Both
// times are differences of medians. The goals begin with prefix.
func Growth(r Results, job, prefix string, counts [3]int) []Judgement {
	const megabytes, slower = 3, 1.5
	var rows [3]contest.Row
	memory := Judgement{Text: prefix + "memory for each further release", Want: fmt.Sprintf("≤ %d MB", megabytes), Got: "–"}
	linear := Judgement{Text: fmt.Sprintf("%stime that each release from %d to %d adds, in that which each from %d to %d adds", prefix, counts[1]+1, counts[2], counts[0]+1, counts[1]), Want: fmt.Sprintf("≤ %.1f", slower), Got: "–"}
	for i, n := range counts {
		var err error
		if _, rows[i], err = r.find(At{job, Loopback, fmt.Sprint(n)}); err != nil {
			memory.Verdict = "not measured: " + err.Error()
			linear.Verdict = memory.Verdict
			return []Judgement{memory, linear}
		}
	}
	each := func(m Metric, from, to int) float64 {
		return (m.of(rows[to]).Median() - m.of(rows[from]).Median()) / float64(counts[to]-counts[from])
	}
	mb := each(RSS, 0, 2)
	memory.Got, memory.Verdict = fmt.Sprintf("%.1f MB", mb), verdict(mb <= megabytes)
	early, late := each(Wall, 0, 1), each(Wall, 1, 2)
	ratio := late / early
	linear.Got, linear.Verdict = fmt.Sprintf("%.2f (%s s in %s s)", ratio, seconds(late), seconds(early)), verdict(ratio <= slower && !math.Signbit(ratio))
	return []Judgement{memory, linear}
}
