package report

import (
	"fmt"
	"math"
	"slices"
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
	return slices.ContainsFunc(r.Tables, func(t contest.Table) bool { return t.Job == job })
}

func (c comparison) write(r Results) string {
	rows := [][]string{{"release-x, in what this takes"}}
	for _, p := range c.job.Peers() {
		rows = append(rows, []string{p.Name})
	}
	var sentences strings.Builder
	for _, column := range c.columns {
		cells, sentence := c.judge(r, column)
		for i, cell := range cells {
			rows[i] = append(rows[i], cell)
		}
		sentences.WriteString(sentence)
	}
	return fmt.Sprintf("### Against every peer: %s\n\n%s\n%s", c.job.Title, markdown("l"+strings.Repeat("r", len(c.columns)), rows), &sentences)
}

// judge gives the cells of a column, the heading first, and says in words what they show. There are no words for a column that
// was not measured.
func (c comparison) judge(r Results, column column) (cells []string, sentence string) {
	heading := fmt.Sprintf("%s ≤ %.2g", column.heading, column.atMost)
	cells = []string{heading}
	ours := r.median(column.metric, At{c.job.ID, column.link, column.id})
	var missed []string
	var best string
	met, absent, least := 0, 0, math.Inf(1)
	for _, p := range c.job.Peers() {
		theirs := r.median(column.metric, At{c.job.ID, column.link, p.ID})
		cell := known(hundredths, ours/theirs)
		switch ratio := ours / theirs; {
		case math.IsNaN(ratio):
			absent++
		case ratio > column.atMost:
			missed = append(missed, fmt.Sprintf("%s (%s)", p.Name, cell))
			cell = "**" + cell + "**"
		default:
			met++
		}
		if theirs < least {
			best, least = p.Name, theirs
		}
		cells = append(cells, cell)
	}
	measured := met + len(missed)
	if measured == 0 {
		return cells, ""
	}
	sentence = fmt.Sprintf("- %s: %.1f ms, the best peer %.1f ms (%s). Met against %d of %d that were measured", heading, ours, least, best, met, measured)
	if len(missed) > 0 {
		sentence += ", **missed** against " + strings.Join(missed, ", ")
	}
	if absent > 0 {
		sentence += fmt.Sprintf("; %d not measured", absent)
	}
	return cells, sentence + ".\n"
}

// median is what a row took; NaN when it has no values.
func (r Results) median(m Metric, at At) float64 {
	_, row, err := r.find(at)
	if err != nil {
		return math.NaN()
	}
	return m.of(row).Median()
}
