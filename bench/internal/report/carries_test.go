package report_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/bench/internal/contest"
	"github.com/release-x/oc-release-x/bench/internal/measure"
	"github.com/release-x/oc-release-x/bench/internal/report"
)

func TestCarries(t *testing.T) {
	table := contest.Table{Job: "pull", Link: report.Shaped, Title: "Pull", Rounds: 1, Load: [2]string{"0.10", "0.20"}, Rows: []contest.Row{
		{ID: "limit", Name: "the limit", Wall: measure.Series{1000}, Requests: []string{"3 GET"}, Bytes: measure.Series{2e6}, Repeated: measure.Series{0}},
		{
			ID: "directory", Name: "release-x pull", Wall: measure.Series{1500}, CPU: measure.Series{500}, RSS: measure.Series{60},
			Requests: []string{"4 GET"}, TargetRequests: []string{"0"}, Bytes: measure.Series{2e6}, Repeated: measure.Series{1},
		},
		{ID: "archive", Name: "release-x pull to a file", Why: "failed: exit status 8"},
	}}
	const want = `### Pull, link

1 round, load average 0.10 before and 0.20 after.

|                                                  | time, s |   min–max | ratio | CPU, s | peak, MB | requests at the source | MB from it | read again | requests at the target |
| ------------------------------------------------ | ------: | --------: | ----: | -----: | -------: | ---------------------: | ---------: | ---------: | ---------------------: |
| the limit                                        |    1.00 | 1.00–1.00 |  1.00 |      – |        – |                  3 GET |        2.0 |          0 |                        |
| release-x pull                                   |    1.50 | 1.50–1.50 |  1.50 |   0.50 |     60.0 |                  4 GET |        2.0 |          1 |                      0 |
| release-x pull to a file (failed: exit status 8) |       – |         – |     – |      – |        – |                      – |          – |          – |                      – |
`
	if diff := cmp.Diff(want, report.Carries(table)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	var judged []report.Judgement
	for _, goal := range report.CarryGoals([2]int{10, 40})[:3] {
		judged = append(judged, goal.Judge(report.Results{Tables: []contest.Table{table}}))
	}
	wanted := []report.Judgement{
		{Text: "pull to directory, time in that of the limit, link", Want: "≤ 1.400", Got: "1.500", Verdict: "**missed**"},
		{Text: "pull to directory, blobs read more than once", Want: "≤ 0", Got: "1", Verdict: "**missed**"},
		{Text: "pull to directory, peak memory", Want: "≤ 150 MB", Got: "60.0 MB", Verdict: "met"},
	}
	if diff := cmp.Diff(wanted, judged); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
