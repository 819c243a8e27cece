package report_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/bench/internal/contest"
	"github.com/release-x/oc-release-x/bench/internal/measure"
	"github.com/release-x/oc-release-x/bench/internal/report"
)

func row(id string, ms, cpu float64) contest.Row {
	return contest.Row{ID: id, Wall: measure.Series{ms}, CPU: measure.Series{cpu}}
}

// Every peer has a row, also where the plugin takes more, and also where it is missing.
func TestPeers(t *testing.T) {
	results := report.Results{Tables: []contest.Table{{Job: "extract", Link: report.Loopback, Rows: []contest.Row{
		row("cold", 120, 90), row("warm", 100, 70),
		{ID: "oc", Why: "oc" + contest.NotHere},
		row("regctl-blob", 100, 100), row("crane", 240, 200), row("skopeo", 300, 300),
	}}}}
	const want = `### Against every peer: Extract all manifests

| release-x, in what this takes                           | cold, loopback ≤ 1 | cold, link ≤ 1 | warm, loopback ≤ 1 | warm, link ≤ 1 | CPU, cold ≤ 1 | CPU, warm ≤ 1 |
| ------------------------------------------------------- | -----------------: | -------------: | -----------------: | -------------: | ------------: | ------------: |
| oc adm release extract                                  |                  – |              – |                  – |              – |             – |             – |
| oc image extract --path /release-manifests/:DIR REF[-1] |                  – |              – |                  – |              – |             – |             – |
| regctl manifest get; regctl blob get \| tar             |           **1.20** |              – |               1.00 |              – |          0.90 |          0.70 |
| crane export \| tar                                     |               0.50 |              – |               0.42 |              – |          0.45 |          0.35 |
| crane manifest; crane blob \| tar                       |                  – |              – |                  – |              – |             – |             – |
| skopeo copy; tar                                        |               0.40 |              – |               0.33 |              – |          0.30 |          0.23 |

- cold, loopback ≤ 1: 120.0 ms, the best peer 100.0 ms (regctl manifest get; regctl blob get | tar). Met against 2 of 3 that were measured, **missed** against regctl manifest get; regctl blob get | tar (1.20); 3 not measured.
- warm, loopback ≤ 1: 100.0 ms, the best peer 100.0 ms (regctl manifest get; regctl blob get | tar). Met against 3 of 3 that were measured; 3 not measured.
- CPU, cold ≤ 1: 90.0 ms, the best peer 100.0 ms (regctl manifest get; regctl blob get | tar). Met against 3 of 3 that were measured; 3 not measured.
- CPU, warm ≤ 1: 70.0 ms, the best peer 100.0 ms (regctl manifest get; regctl blob get | tar). Met against 3 of 3 that were measured; 3 not measured.

`
	if diff := cmp.Diff(want, report.Peers(results, 20)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestMultiples(t *testing.T) {
	var rows []contest.Row
	for i, mb := range []float64{40, 80, 109} {
		rows = append(rows, contest.Row{ID: contest.MultipleID("manifests", 1<<i), RSS: measure.Series{mb}})
	}
	const memory = ", memory for each further multiple of the payload's text"
	want := []report.Judgement{
		{Text: "manifests" + memory, Want: "< 22 MB", Got: "23.0 MB", Verdict: "**missed**"},
		{Text: "extract" + memory, Want: "< 22 MB", Got: "–", Verdict: "not measured: multiples on loopback was not run"},
	}
	results := report.Results{Tables: []contest.Table{{Job: "multiples", Link: report.Loopback, Rows: rows}}}
	if diff := cmp.Diff(want, report.Multiples(results, [3]int{1, 2, 4})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
