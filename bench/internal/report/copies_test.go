package report_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/bench/internal/contest"
	"github.com/release-x/oc-release-x/bench/internal/measure"
	"github.com/release-x/oc-release-x/bench/internal/report"
)

func several(ms, mb [3]float64) report.Results {
	t := contest.Table{Job: "several", Link: report.Loopback}
	for i, id := range []string{"1", "5", "20"} {
		t.Rows = append(t.Rows, contest.Row{ID: id, Wall: measure.Series{ms[i]}, RSS: measure.Series{mb[i]}})
	}
	return report.Results{Tables: []contest.Table{t}}
}

func TestGrowth(t *testing.T) {
	const memory, late = "memory for each further release", "time that each release from 6 to 20 adds, in that which each from 2 to 5 adds"
	counts := [3]int{1, 5, 20}
	tests := map[string]struct {
		results report.Results
		want    []report.Judgement
	}{
		"linear": {several([3]float64{1000, 2000, 5750}, [3]float64{60, 62, 79}), []report.Judgement{
			{Text: memory, Want: "≤ 3 MB", Got: "1.0 MB", Verdict: "met"}, {Text: late, Want: "≤ 1.5", Got: "1.00 (0.25 s in 0.25 s)", Verdict: "met"},
		}},
		"quadratic": {several([3]float64{1000, 2000, 50000}, [3]float64{60, 100, 250}), []report.Judgement{
			{Text: memory, Want: "≤ 3 MB", Got: "10.0 MB", Verdict: "**missed**"}, {Text: late, Want: "≤ 1.5", Got: "12.80 (3.20 s in 0.25 s)", Verdict: "**missed**"},
		}},
		"not run": {report.Results{}, []report.Judgement{
			{Text: memory, Want: "≤ 3 MB", Got: "–", Verdict: "not measured: several on loopback was not run"},
			{Text: late, Want: "≤ 1.5", Got: "–", Verdict: "not measured: several on loopback was not run"},
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, report.Growth(test.results, "several", "", counts)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestCopies(t *testing.T) {
	table := contest.Table{Job: "copy", Link: report.Loopback, Title: "Copy", Rounds: 1, Load: [2]string{"0.10", "0.20"}, Rows: []contest.Row{
		{
			ID: "ours", Name: "release-x mirror", Wall: measure.Series{1500}, CPU: measure.Series{500}, RSS: measure.Series{60},
			Requests: []string{"3 GET"}, TargetRequests: []string{"2 POST", "3 POST"}, TargetTotal: measure.Series{2, 3},
			Blobs: measure.Series{3}, Repeated: measure.Series{0},
		},
		{ID: "oc", Name: "oc adm release mirror", Why: "oc" + contest.NotHere},
	}}
	const want = `### Copy

1 round, load average 0.10 before and 0.20 after.

|                                                                    | time, s |   min–max | ratio | CPU, s | peak, MB | requests at the source | blobs | read again | requests at the target |
| ------------------------------------------------------------------ | ------: | --------: | ----: | -----: | -------: | ---------------------: | ----: | ---------: | ---------------------: |
| release-x mirror                                                   |    1.50 | 1.50–1.50 |  1.00 |   0.50 |     60.0 |                  3 GET |     3 |          0 |       2 POST or 3 POST |
| oc adm release mirror (oc is not on the PATH: fill in where it is) |       – |         – |     – |      – |        – |                      – |     – |          – |                      – |
`
	if got := report.Copies(table); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	goal := report.Goal{Text: "requests", Metric: report.TargetRequests, Ours: report.At{Job: "copy", Link: report.Loopback, ID: "ours"}, AtMost: 1650}
	judged := goal.Judge(report.Results{Tables: []contest.Table{table}})
	if diff := cmp.Diff(report.Judgement{Text: "requests", Want: "≤ 1,650", Got: "2", Verdict: "met"}, judged); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
