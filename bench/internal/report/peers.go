package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/release-x/oc-release-x/bench/internal/contest"
)

// comparison sets rows of the plugin in relation to every peer of a job.
type comparison struct {
	job     contest.Job
	columns []column
}

// column is a row of the plugin on a link, and how much of what a peer takes it shall take at most.
type column struct {
	heading  string
	link, id string
	metric   Metric
	atMost   float64
}

// comparisons are those of all jobs that peers do.
func comparisons(releases int) []comparison {
	columns := func(warm string, overLink float64) []column {
		return []column{
			{"cold, loopback", Loopback, "cold", Wall, 1},
			{"cold, link", Shaped, "cold", Wall, 1},
			{"warm, loopback", Loopback, warm, Wall, 1},
			{"warm, link", Shaped, warm, Wall, overLink},
			{"CPU, cold", Loopback, "cold", CPU, 1},
			{"CPU, warm", Loopback, warm, CPU, 1},
		}
	}
	return []comparison{
		{contest.List(), columns("warm-digest", 1.0/3)},
		{contest.Query(), columns("warm", 1)},
		{contest.Several(releases), columns("warm-tag", 1)},
		{contest.Extract(), columns("warm", 1)},
		{contest.ExtractLarge(), columns("warm", 1)},
	}
}

// Peers writes what the plugin takes in what every peer takes: a table for each job of which a table was measured, with a
// sentence for each column.
func Peers(r Results, releases int) string {
	var b strings.Builder
	for _, c := range comparisons(releases) {
		if r.has(c.job.ID) {
			b.WriteString(c.write(r) + "\n")
		}
	}
	return b.String()
}

func (r Results) has(job string) bool {
	for _, t := range r.Tables {
		if t.Job == job {
			return true
		}
	}
	return false
}

func (c comparison) write(r Results) string {
	peers := c.job.Peers()
	rows := [][]string{{"release-x, in what this takes"}}
	for _, p := range peers {
		rows = append(rows, []string{p.Name})
	}
	var sentences strings.Builder
	for _, column := range c.columns {
		heading := fmt.Sprintf("%s ≤ %.2g", column.heading, column.atMost)
		rows[0] = append(rows[0], heading)
		var missed []string
		var best contest.Contestant
		measured, least := 0, math.Inf(1)
		ours := r.median(column.metric, At{c.job.ID, column.link, column.id})
		for i, p := range peers {
			theirs := r.median(column.metric, At{c.job.ID, column.link, p.ID})
			ratio := ours / theirs
			cell := known(hundredths, ratio)
			if !math.IsNaN(ratio) {
				measured++
			}
			if theirs < least {
				best, least = p, theirs
			}
			if ratio > column.atMost {
				missed = append(missed, fmt.Sprintf("%s (%s)", p.Name, cell))
				cell = "**" + cell + "**"
			}
			rows[i+1] = append(rows[i+1], cell)
		}
		if measured > 0 {
			took := fmt.Sprintf("%.1f ms, the best peer %.1f ms (%s)", ours, least, best.Name)
			sentences.WriteString(sentence(heading, took, measured, len(peers), missed))
		}
	}
	return fmt.Sprintf("### Against every peer: %s\n\n%s\n%s", c.job.Title, markdown("l"+strings.Repeat("r", len(c.columns)), rows), &sentences)
}

// sentence says in words what a column shows.
func sentence(heading, took string, measured, peers int, missed []string) string {
	text := fmt.Sprintf("- %s: %s. Met against %d of %d that were measured", heading, took, measured-len(missed), measured)
	if len(missed) > 0 {
		text += ", **missed** against " + strings.Join(missed, ", ")
	}
	if absent := peers - measured; absent > 0 {
		text += fmt.Sprintf("; %d not measured", absent)
	}
	return text + ".\n"
}

// median is what a row took; NaN when it has no values.
func (r Results) median(m Metric, at At) float64 {
	_, row, err := r.find(at)
	if err != nil {
		return math.NaN()
	}
	return m.of(row).Median()
}
