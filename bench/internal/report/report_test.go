package report_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/bench/internal/contest"
	"github.com/release-x/oc-release-x/bench/internal/measure"
	"github.com/release-x/oc-release-x/bench/internal/report"
	"github.com/release-x/oc-release-x/bench/internal/served"
)

func list() contest.Table {
	return contest.Table{
		Job: "list", Link: "loopback", Title: "List the images", Rounds: 3, Load: [2]string{"0.10", "0.25"},
		Release: served.Release{Image: 201_888_351},
		Rows: []contest.Row{
			{
				ID: "cold", Name: "release-x images, cold", Requests: []string{"2 GET"},
				Wall: measure.Series{90, 80, 110}, CPU: measure.Series{60, 61, 62}, RSS: measure.Series{25.4, 25.44, 25.8}, Bytes: measure.Series{1884552, 1884552, 1884552},
			},
			{
				ID: "warm-digest", Name: "release-x images, warm", Requests: []string{"0"},
				Wall: measure.Series{15, 15, 15}, CPU: measure.Series{12, 12, 12}, RSS: measure.Series{20, 20, 20}, Bytes: measure.Series{0, 0, 0},
			},
			{ID: "oc", Name: "oc adm release info", Why: "oc is not on the PATH"},
			{
				ID: "crane", Name: "crane export | tar", Requests: []string{"7 GET", "6 GET + 1 HEAD"},
				Wall: measure.Series{225, 300, 200}, CPU: measure.Series{200, 200, 200}, RSS: measure.Series{21, 21, 21}, Bytes: measure.Series{999, 1933992, 1000000},
			},
			{ID: "skopeo", Name: "skopeo copy; tar", Why: "failed: exit status 1: no"},
		},
	}
}

func TestCosts(t *testing.T) {
	const want = `### List the images: loopback

3 rounds, load average 0.10 before and 0.25 after.

|                                                                  | time, ms |     min–max | ratio | CPU, ms | peak, MB |                requests |    bytes sent |
| ---------------------------------------------------------------- | -------: | ----------: | ----: | ------: | -------: | ----------------------: | ------------: |
| release-x images, cold                                           |     90.0 |  80.0–110.0 |  1.00 |    61.0 |     25.4 |                   2 GET |     1,884,552 |
| release-x images, warm                                           |     15.0 |   15.0–15.0 |  0.17 |    12.0 |     20.0 |                       0 |             0 |
| oc adm release info (oc is not on the PATH: fill in where it is) |        – |           – |     – |       – |        – |                       – |             – |
| crane export \| tar                                              |    225.0 | 200.0–300.0 |  2.50 |   200.0 |     21.0 | 7 GET or 6 GET + 1 HEAD | 999–1,933,992 |
| skopeo copy; tar (failed: exit status 1: no)                     |        – |           – |     – |       – |        – |                       – |             – |
`
	if diff := cmp.Diff(want, report.Costs(list())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	one := contest.Table{Title: "T", Link: "link", Rounds: 1, Load: [2]string{"1", "2"}}
	if got, want := report.Costs(one), "### T: link\n\n1 round, load average 1 before and 2 after.\n"; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want it to begin with %q", got, want)
	}
}

func TestJudgements(t *testing.T) {
	at := func(id string) report.At { return report.At{Job: "list", Link: "loopback", ID: id} }
	elsewhere := report.At{Job: "list", Link: "link", ID: "cold"}
	cold, warm, oc, crane := at("cold"), at("warm-digest"), at("oc"), at("crane")
	goals := []report.Goal{
		{Text: "ratio met exactly", Metric: report.Wall, Ours: cold, Theirs: crane, AtMost: 0.4},
		{Text: "ratio missed by a little", Metric: report.Wall, Ours: cold, Theirs: crane, AtMost: 0.399},
		{Text: "CPU", Metric: report.CPU, Ours: cold, Theirs: crane, AtMost: 0.4},
		{Text: "memory", Metric: report.RSS, Ours: cold, Theirs: crane, AtMost: 1},
		{Text: "times met exactly", Metric: report.Wall, Ours: warm, Theirs: crane, AtLeast: 15},
		{Text: "times missed", Metric: report.Wall, Ours: warm, Theirs: crane, AtLeast: 16},
		{Text: "times fewer than the image", Metric: report.Bytes, Ours: cold, Image: true, AtLeast: 100},
		{Text: "nothing fetched", Metric: report.Bytes, Ours: warm, Image: true, AtLeast: 100},
		{Text: "alone met", Metric: report.RSS, Ours: cold, AtMost: 40},
		{Text: "alone missed", Metric: report.Wall, Ours: cold, AtMost: 20},
		{Text: "requests met", Metric: report.Requests, Ours: cold, Requests: "2 GET"},
		{Text: "requests missed", Metric: report.Requests, Ours: crane, Requests: "7 GET"},
		{Text: "against | oc", Metric: report.Wall, Ours: cold, Theirs: oc, AtMost: 0.4},
		{Text: "against who failed", Metric: report.Wall, Ours: cold, Theirs: at("skopeo"), AtLeast: 3},
		{Text: "not run", Metric: report.Wall, Ours: elsewhere, AtMost: 20},
		{Text: "part of nothing", Metric: report.Bytes, Ours: cold, Theirs: warm, AtMost: 1},
		{Text: "beyond, met", Metric: report.CPU, Ours: cold, Beyond: warm, AtMost: 49},
		{Text: "beyond, missed", Metric: report.CPU, Ours: cold, Beyond: warm, AtMost: 48},
		{Text: "beyond what was not run", Metric: report.CPU, Ours: cold, Beyond: elsewhere, AtMost: 48},
	}
	const want = `### Goals

| goal                       |             wanted |                measured |                                         |
| -------------------------- | -----------------: | ----------------------: | --------------------------------------- |
| size of the program        | ≤ 50,000,000 bytes |              50,000,001 | **missed**                              |
| ratio met exactly          |            ≤ 0.400 |                   0.400 | met                                     |
| ratio missed by a little   |            ≤ 0.399 |                   0.400 | **missed**                              |
| CPU                        |            ≤ 0.400 |                   0.305 | met                                     |
| memory                     |            ≤ 1.000 |                   1.211 | **missed**                              |
| times met exactly          |              ≥ 15× |                   15.0× | met                                     |
| times missed               |              ≥ 16× |                   15.0× | **missed**                              |
| times fewer than the image |             ≥ 100× |                  107.1× | met                                     |
| nothing fetched            |             ≥ 100× |                       ∞ | met                                     |
| alone met                  |            ≤ 40 MB |                 25.4 MB | met                                     |
| alone missed               |            ≤ 20 ms |                 90.0 ms | **missed**                              |
| requests met               |              2 GET |                   2 GET | met                                     |
| requests missed            |              7 GET | 7 GET or 6 GET + 1 HEAD | **missed**                              |
| against \| oc              |            ≤ 0.400 |                       – | not measured: oc is not on the PATH     |
| against who failed         |               ≥ 3× |                       – | not measured: failed: exit status 1: no |
| not run                    |            ≤ 20 ms |                       – | not measured: list on link was not run  |
| part of nothing            |            ≤ 1.000 |                       – | not measured: nothing to compare with   |
| beyond, met                |            ≤ 49 ms |                 49.0 ms | met                                     |
| beyond, missed             |            ≤ 48 ms |                 49.0 ms | **missed**                              |
| beyond what was not run    |            ≤ 48 ms |                       – | not measured: list on link was not run  |
`
	got := report.Judgements(goals, report.Results{Tables: []contest.Table{list()}, Binary: 50_000_001})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Every goal names rows that jobs have.
func TestGoalsNameRows(t *testing.T) {
	rows := map[report.At]bool{{}: true}
	for _, job := range []contest.Job{contest.Start(), contest.List(), contest.Query(), contest.Objects(), contest.Hash(), contest.Compare(), contest.Several(20), contest.Extract(), contest.ExtractLarge()} {
		for _, c := range job.Contestants {
			rows[report.At{Job: job.ID, Link: report.Loopback, ID: c.ID}] = true
			rows[report.At{Job: job.ID, Link: report.Shaped, ID: c.ID}] = true
		}
	}
	seen := map[string]bool{}
	for _, g := range report.Goals() {
		if !rows[g.Ours] || !rows[g.Theirs] || !rows[g.Beyond] {
			t.Errorf("%s: no job has the row %v or %v", g.Text, g.Ours, g.Theirs)
		}
		if seen[g.Text] {
			t.Errorf("%s: there twice", g.Text)
		}
		seen[g.Text] = true
	}
}

func TestVerdicts(t *testing.T) {
	const want = `### Who verifies: List the component images

|                  | given a payload layer whose bytes are not those of its digest |
| ---------------- | ------------------------------------------------------------- |
| release-x images | refuses it (exit status 6)                                    |
| oc \| jq         | oc is not on the PATH: fill in where it is                    |
`
	got := report.Verdicts(contest.List(), []contest.Verdict{{Name: "release-x images", Does: "refuses it (exit status 6)"}, {Name: "oc | jq", Does: "oc is not on the PATH"}})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestKeep(t *testing.T) {
	const begin, end = "<!-- begin: written by the bench -->\n", "<!-- end: written by the bench -->\n"
	tests := []struct{ name, before, text, after, err string }{
		{"replaced", "# R\n" + begin + "old\n" + end + "why\n", "new\n", "# R\n" + begin + "new\n" + end + "why\n", ""},
		{"first time", begin + end, "new\n", begin + "new\n" + end, ""},
		{"no place", "# R\n", "new\n", "# R\n", "there is no line <!-- begin: written by the bench -->"},
		{"no end", begin + "old\n", "new\n", begin + "old\n", "there is no line <!-- end: written by the bench -->"},
		{"would break the place", begin + end, end, begin + end, "the results contain the comments that surround them"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "R.md")
			if err := os.WriteFile(file, []byte(test.before), 0o644); err != nil {
				t.Fatal(err)
			}
			err := report.Keep(file, report.Reading, test.text)
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("got error %v, want %q", err, test.err)
			}
			data, err := os.ReadFile(file)
			if err != nil || string(data) != test.after {
				t.Errorf("got %q, %v, want %q", data, err, test.after)
			}
		})
	}
}
