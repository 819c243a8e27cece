// Package report judges what was measured and writes it down.
package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/release-x/oc-release-x/bench/internal/contest"
	"github.com/release-x/oc-release-x/bench/internal/measure"
)

// At names a row of a table.
type At struct{ Job, Link, ID string }

// Metric is one of the things that a row was measured at.
type Metric string

// The metrics.
const (
	Wall     Metric = "time"
	CPU      Metric = "CPU"
	RSS      Metric = "memory"
	Bytes    Metric = "bytes"
	Requests Metric = "requests"
)

// Goal is what the plugin shall cost: in relation to another row, or on its own.
type Goal struct {
	Text     string
	Metric   Metric
	Ours     At
	Theirs   At      // empty: Ours alone
	Beyond   At      // when set: its median is subtracted from Ours
	AtMost   float64 // ours in theirs, or ours in the metric's unit
	AtLeast  float64 // when set: theirs in ours
	Requests string  // for Requests: exactly these
	Image    bool    // in place of Theirs: the bytes of all layers of the image
}

// Judgement is a goal with what was measured.
type Judgement struct{ Text, Want, Got, Verdict string }

// Results are all tables, and the size of the program.
type Results struct {
	Tables []contest.Table
	Binary int64 // bytes
}

func (r Results) find(at At) (contest.Table, contest.Row, error) {
	for _, t := range r.Tables {
		if t.Job != at.Job || t.Link != at.Link {
			continue
		}
		for _, row := range t.Rows {
			if row.ID != at.ID {
				continue
			}
			if row.Why != "" {
				return t, row, fmt.Errorf("%s", row.Why)
			}
			return t, row, nil
		}
	}
	return contest.Table{}, contest.Row{}, fmt.Errorf("%s on %s was not run", at.Job, at.Link)
}

func (m Metric) of(row contest.Row) measure.Series {
	switch m {
	case Wall:
		return row.Wall
	case CPU:
		return row.CPU
	case RSS:
		return row.RSS
	case TargetRequests:
		return row.TargetTotal
	case RepeatedBlobs:
		return row.Repeated
	case SourceBlobs:
		return row.Blobs
	default:
		return row.Bytes
	}
}

// Judge compares a goal with what was measured.
func (g Goal) Judge(r Results) Judgement {
	j := Judgement{Text: g.Text, Want: g.want(), Got: "–"}
	table, ours, err := r.find(g.Ours)
	if err != nil {
		j.Verdict = "not measured: " + err.Error()
		return j
	}
	if g.Metric == Requests {
		j.Got = strings.Join(ours.Requests, " or ")
		j.Verdict = verdict(j.Got == g.Requests)
		return j
	}
	value := g.Metric.of(ours)
	if (g.Beyond != At{}) {
		_, base, err := r.find(g.Beyond)
		if err != nil {
			j.Verdict = "not measured: " + err.Error()
			return j
		}
		value = value.Less(g.Metric.of(base).Median())
	}
	other := measure.Series{1}
	switch {
	case g.Image:
		other = measure.Series{float64(table.Release.Image)}
	case g.Theirs != At{}:
		_, theirs, err := r.find(g.Theirs)
		if err != nil {
			j.Verdict = "not measured: " + err.Error()
			return j
		}
		other = g.Metric.of(theirs)
	}
	return g.compare(j, value, other)
}

func (g Goal) compare(j Judgement, value, other measure.Series) Judgement {
	var got float64
	switch {
	case g.AtLeast > 0:
		got = other.Ratio(value)
		j.Got = fmt.Sprintf("%.1f×", got)
		if value.Median() == 0 { // nothing is less than any part of something
			got, j.Got = math.Inf(1), "∞"
		}
		j.Verdict = verdict(got >= g.AtLeast)
	case g.absolute():
		got = value.Median()
		j.Got = g.Metric.amount(got, 1)
		j.Verdict = verdict(got <= g.AtMost)
	default:
		got = value.Ratio(other)
		j.Got = fmt.Sprintf("%.3f", got)
		j.Verdict = verdict(got <= g.AtMost)
	}
	if math.IsNaN(got) {
		j.Got, j.Verdict = "–", "not measured: nothing to compare with"
	}
	return j
}

func (g Goal) absolute() bool { return g.Theirs == At{} && !g.Image }

func (g Goal) want() string {
	switch {
	case g.Metric == Requests:
		return g.Requests
	case g.AtLeast > 0:
		return fmt.Sprintf("≥ %.0f×", g.AtLeast)
	case g.absolute():
		return "≤ " + g.Metric.amount(g.AtMost, 0)
	default:
		return fmt.Sprintf("≤ %.3f", g.AtMost)
	}
}

// amount is a value with its unit. Counts have none.
func (m Metric) amount(v float64, decimals int) string {
	switch m {
	case Wall, CPU:
		return fmt.Sprintf("%.*f ms", decimals, v)
	case RSS:
		return fmt.Sprintf("%.*f MB", decimals, v)
	case Bytes:
		return fmt.Sprintf("%.*f bytes", decimals, v)
	default:
		return grouped(int64(v))
	}
}

func verdict(met bool) string {
	if met {
		return "met"
	}
	return "**missed**"
}
