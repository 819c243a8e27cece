package impact_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/fixture"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/diff"
	"github.com/release-x/oc-release-x/pkg/payload/diff/impact"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// recordedSide reads a recorded release.
func recordedSide(t testing.TB, version string) diff.Side {
	t.Helper()
	files := fixture.Release(t, version)
	release, err := payload.Read(files)
	if err != nil {
		t.Fatal(err)
	}
	loaded := manifest.Load(files, manifest.Render{ClusterProfile: manifest.DefaultProfile})
	entries, _ := manifest.Evaluate(loaded.Objects, manifest.Settings{MajorVersion: manifest.MajorVersion(release.Version)})
	return diff.Side{Release: release, Files: files, Payload: loaded, Entries: entries}
}

func TestImpactOfARecordedUpdate(t *testing.T) {
	old, new := recordedSide(t, "4.22.0-x86_64"), recordedSide(t, "4.22.1-x86_64")
	for _, o := range []impact.Options{{}, {Included: true}} {
		report := find(t, old, new, o)
		want := []string{
			"info left ConsoleQuickStart netobserv 0000_50_console-operator_install-netobserv.yaml: stays in the cluster: 4.22.1 does not have it, and has no tombstone for it",
		}
		if diff := cmp.Diff(want, lines(report)); diff != "" {
			t.Error(diff)
		}
		// Of the objects that differ, there are rules for one CustomResourceDefinition and one PrometheusRule.
		if want := 2 * 2; report.Parsed != want {
			t.Errorf("%d documents were parsed, want %d", report.Parsed, want)
		}
	}
}

func TestEqualRecordedReleasesHaveNoImpact(t *testing.T) {
	release := recordedSide(t, "4.22.0-x86_64")
	report := find(t, release, release, impact.Options{})
	if len(report.Findings) > 0 || report.Parsed > 0 {
		t.Errorf("%d findings, %d documents parsed: %v", len(report.Findings), report.Parsed, lines(report))
	}
}

// The impact of an update in which every object is new, and of one in which every object is gone, has to be found too.
func TestImpactOfEverything(t *testing.T) {
	release := recordedSide(t, "4.22.0-x86_64")
	empty := newSide(t, "4.21.0", files{}, manifest.Settings{})
	counts := func(report *impact.Report) map[impact.Kind]int {
		counts := map[impact.Kind]int{}
		for _, f := range report.Findings {
			counts[f.Kind]++
		}
		return counts
	}
	want := map[impact.Kind]int{
		impact.Alert: 93, impact.Binding: 189, impact.Capability: 18, impact.FeatureGate: 8, impact.Namespace: 48, impact.Role: 12,
		impact.SCC: 15, impact.Tombstone: 27,
	}
	if diff := cmp.Diff(want, counts(find(t, empty, release, impact.Options{}))); diff != "" {
		t.Error(diff)
	}
	want = map[impact.Kind]int{impact.FeatureGate: 8, impact.Left: 1248}
	if diff := cmp.Diff(want, counts(find(t, release, empty, impact.Options{}))); diff != "" {
		t.Error(diff)
	}
}

func BenchmarkFind(b *testing.B) {
	old, new := recordedSide(b, "4.22.0-x86_64"), recordedSide(b, "4.22.1-x86_64")
	b.ReportAllocs()
	for b.Loop() {
		result, err := diff.Compare(old, new, diff.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := impact.Find(old, new, result, impact.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
