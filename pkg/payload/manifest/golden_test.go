package manifest_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/fixture"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// The objects and the hash are recorded from the operator's own code.
func TestOperatorLoads(t *testing.T) {
	recordings, err := filepath.Glob(filepath.Join(fixture.Path(t, "cvo-golden"), "load-*.jsonl"))
	if err != nil || len(recordings) < 9 {
		t.Fatalf("%d recordings, %v", len(recordings), err)
	}
	files := fixture.Release(t, fixture.Version)
	for _, file := range recordings {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".jsonl"), func(t *testing.T) {
			want := readRecording(t, filepath.Base(file))
			entries, warnings := manifest.Evaluate(want.load(t, files), want.settings())
			if len(warnings) > 0 {
				t.Errorf("warnings: %v", warnings)
			}
			compareLoaded(t, want, entries)
		})
	}
}

func compareLoaded(t *testing.T, want recording, entries []manifest.Entry) {
	t.Helper()
	var got []string
	for _, entry := range manifest.Loaded(entries) {
		got = append(got, line(t, entry))
	}
	if len(got) != want.Count {
		t.Errorf("%d objects, want %d", len(got), want.Count)
	}
	if diff := cmp.Diff(want.objects, got); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	hash, err := manifest.Hash(entries)
	if err != nil || hash != want.Hash {
		t.Errorf("hash %q, %v, want %q", hash, err, want.Hash)
	}
}

// PayloadGates finds the gates that the payload enables.
func TestPayloadGates(t *testing.T) {
	want := readRecording(t, "load-default-payloadgates.jsonl")
	objects := want.load(t, fixture.Release(t, fixture.Version))
	settings := want.settings()
	settings.Gates = manifest.Gates{}

	gates, ok, err := manifest.EnabledGates(objects, settings)
	if err != nil || !ok {
		t.Fatalf("EnabledGates: %t, %v", ok, err)
	}
	if diff := cmp.Diff(want.FeatureGates, strings.Join(gates, ",")); diff != "" {
		t.Errorf("gates (-want +got):\n%s", diff)
	}
	entries, warnings := manifest.Evaluate(objects, settings)
	if len(warnings) > 0 {
		t.Errorf("warnings: %v", warnings)
	}
	compareLoaded(t, want, entries)
}
