package graph_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/fixture"
	"github.com/release-x/oc-release-x/internal/testmanifest"
	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

func TestReasons(t *testing.T) {
	const shared = "Levels 31, 40 and 49 have one component each, with nothing to do side by side: they share a step."
	tests := []struct {
		name     string
		strategy graph.Strategy
		own      int // how many of the files are the operator's own
		files    []string
		want     [][]string
	}{
		{"levels as they are", graph.Update, 0, []string{"0000_10_a_1", "0000_20_b_1", "0000_20_c_1"}, [][]string{nil, nil}},
		{"levels share a step", graph.Update, 0, []string{"0000_31_a_1", "0000_40_b_1", "0000_49_c_1"}, [][]string{{shared}}},
		{"many levels share a step", graph.Update, 0, []string{"0000_1_a", "0000_1_a_", "0000_2_a_", "0000_3_a_", "0000_4_a_", "0000_5_a_", "0000_6_a_", "0000_7_a_", "0000_8_a_", "0000_9_a_"}, [][]string{{
			"Levels 1 to 9 have one component each, with nothing to do side by side: they share a step.",
			"The file 0000_1_a is not named 0000_LEVEL_COMPONENT_NAME, so it has no level.",
		}}},
		{"the operator's own level", graph.Update, 2, []string{"0000_00_cvo_1", "0000_90_cvo_2", "0000_10_a_1", "0000_10_b_1"}, [][]string{
			{"The operator's own manifests come first, whatever their level: this is why level 90 is here."}, nil,
		}},
		{"the operator's own first level", graph.Update, 1, []string{"0000_00_cvo_1", "0000_10_a_1", "0000_10_b_1"}, [][]string{
			{"The operator's own manifests come first, whatever their level."}, nil,
		}},
		{"a file splits its level", graph.Update, 0, []string{"0000_90_a_1", "0000_90_b_1", "0000_90_policy.yaml", "0000_90_c_1", "0000_90_d_1"}, [][]string{
			nil,
			{"The file 0000_90_policy.yaml is not named 0000_LEVEL_COMPONENT_NAME, so it has no level and splits level 90: what follows of that level waits for it."},
			nil,
		}},
		{"a job", graph.Update, 0, []string{"0000_10_a_1", "0000_10_a_job"}, [][]string{nil, {"A job is a barrier: what follows waits until it is complete."}}},
		{"an installation heeds no level", graph.Install, 0, []string{"0000_31_a_1", "0000_40_b_1", "x"}, [][]string{nil}},
		{"nothing", graph.Update, 0, nil, [][]string{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			entries := testmanifest.Entries(test.files...)
			for i := range test.own {
				entries[i].Directory = manifest.OperatorDirectory
			}
			if diff := cmp.Diff(test.want, build(t, test.strategy, 0, entries).Reasons()); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
		})
	}
}

// The reasons of a release of real size.
func TestReasonsOfARealRelease(t *testing.T) {
	payload := manifest.Load(fixture.Release(t, fixture.Version), manifest.Render{})
	entries, _ := manifest.Evaluate(payload.Objects, manifest.Settings{MajorVersion: new(uint64(4))})
	var got []string
	for _, reasons := range build(t, graph.Update, 0, entries).Reasons() {
		got = append(got, reasons...)
	}
	want := []string{
		"The operator's own manifests come first, whatever their level: this is why level 90 is here.",
		"Levels 31, 40 and 49 have one component each, with nothing to do side by side: they share a step.",
		"The file 0000_90_openshift-cluster-image-policy.yaml is not named 0000_LEVEL_COMPONENT_NAME, so it has no level and splits level 90: what follows of that level waits for it.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}
