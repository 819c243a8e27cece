package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/release-x/oc-release-x/bench/internal/contest"
	"github.com/release-x/oc-release-x/bench/internal/measure"
)

// Costs writes a table of what the contestants cost: medians, with the ratio to the first row, and exact counts.
func Costs(t contest.Table) string {
	rows := [][]string{{"", "time, ms", "min–max", "ratio", "CPU, ms", "peak, MB", "requests", bytesOf(t.Link)}}
	for _, row := range t.Rows {
		if row.Why != "" {
			rows = append(rows, []string{row.Name + " (" + invite(row.Why) + ")", "–", "–", "–", "–", "–", "–", "–"})
			continue
		}
		least, greatest := row.Wall.Spread()
		rows = append(rows, []string{
			row.Name, tenths(row.Wall.Median()), tenths(least) + "–" + tenths(greatest),
			hundredths(row.Wall.Ratio(t.Rows[0].Wall)), tenths(row.CPU.Median()), tenths(row.RSS.Median()),
			strings.Join(row.Requests, " or "), count(row.Bytes),
		})
	}
	load := fmt.Sprintf("load average %s before and %s after", t.Load[0], t.Load[1])
	return fmt.Sprintf("### %s: %s\n\n%s, %s.\n\n%s", t.Title, t.Link, rounds(t.Rounds), load, markdown("lrrrrrrr", rows))
}

// bytesOf names the bytes that are counted: over the link, those of a body that were sent after the client had left never arrive.
func bytesOf(link string) string {
	if link == Shaped {
		return "bytes at the client"
	}
	return "bytes sent"
}

func rounds(n int) string {
	if n == 1 {
		return "1 round"
	}
	return fmt.Sprintf("%d rounds", n)
}

// invite asks readers who have the missing program to measure it.
func invite(why string) string {
	if strings.HasSuffix(why, contest.NotHere) {
		why += ": fill in where it is"
	}
	return why
}

// Verdicts writes which contestants of a job notice that a release was tampered with.
func Verdicts(job contest.Job, verdicts []contest.Verdict) string {
	rows := [][]string{{"", "given a payload layer whose bytes are not those of its digest"}}
	for _, v := range verdicts {
		rows = append(rows, []string{v.Name, invite(v.Does)})
	}
	return "### Who verifies: " + job.Title + "\n\n" + markdown("ll", rows)
}

// Judgements writes the goals with what was measured, and judgements beside them.
func Judgements(goals []Goal, r Results, others ...Judgement) string {
	rows := [][]string{{"goal", "wanted", "measured", ""}}
	judgements := []Judgement{}
	if r.Binary > 0 {
		judgements = append(judgements, Judgement{
			Text: "size of the program", Want: fmt.Sprintf("≤ %s bytes", grouped(BinaryBudget)),
			Got: grouped(r.Binary), Verdict: verdict(r.Binary <= BinaryBudget),
		})
	}
	for _, g := range goals {
		judgements = append(judgements, g.Judge(r))
	}
	for _, j := range append(judgements, others...) {
		rows = append(rows, []string{j.Text, j.Want, j.Got, j.Verdict})
	}
	return "### Goals\n\n" + markdown("lrrl", rows)
}

// Facts writes a table of names and values.
func Facts(heading string, rows [][]string) string {
	return markdown("ll", append([][]string{{heading, ""}}, rows...))
}

// markdown writes a table; align has l or r for each column.
func markdown(align string, rows [][]string) string {
	width := make([]int, len(align))
	for i := range width {
		width[i] = 3
	}
	cells := make([][]string, len(rows))
	for i, row := range rows {
		cells[i] = make([]string, len(align))
		for j, cell := range row {
			cells[i][j] = strings.ReplaceAll(cell, "|", `\|`)
			width[j] = max(width[j], utf8.RuneCountInString(cells[i][j]))
		}
	}
	var b strings.Builder
	for i, row := range cells {
		for j, cell := range row {
			pad := strings.Repeat(" ", max(0, width[j]-utf8.RuneCountInString(cell)))
			if align[j] == 'r' {
				b.WriteString("| " + pad + cell + " ")
			} else {
				b.WriteString("| " + cell + pad + " ")
			}
		}
		b.WriteString("|\n")
		if i > 0 {
			continue
		}
		for j := range row {
			dashes := strings.Repeat("-", width[j])
			if align[j] == 'r' {
				dashes = dashes[1:] + ":"
			}
			b.WriteString("| " + dashes + " ")
		}
		b.WriteString("|\n")
	}
	return b.String()
}

func tenths(v float64) string     { return strconv.FormatFloat(v, 'f', 1, 64) }
func hundredths(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

// count is an exact number of bytes, or the range of those that runs differed in.
func count(s measure.Series) string {
	least, greatest := s.Spread()
	if math.IsNaN(least) {
		return ""
	}
	if least == greatest {
		return grouped(int64(least))
	}
	return grouped(int64(least)) + "–" + grouped(int64(greatest))
}

// grouped writes a number with a comma before every three digits.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
