package manifest_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/release-x/oc-release-x/internal/fixture"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// odd is a payload with every value that an index encodes.
func odd() payload.Files {
	file := func(name, text string) payload.File {
		return payload.File{Name: name, Size: int64(len(text)), Data: []byte(text)}
	}
	return payload.Files{
		Operator: []payload.File{file("0000_00_cvo_a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations: {image: '{{.ReleaseImage}}'}\n"), file("0000_00_cvo_b.yaml", "{{")},
		Release: []payload.File{
			file("0000_10_a_a.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: d\n  namespace: n\n---\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: s\n  annotations: {}\n"),
			file("0000_10_a_b.json", `{"apiVersion":"config.openshift.io/v1","kind":"FeatureGate","metadata":{"name":"j","annotations":{"include.release.openshift.io/self-managed-high-availability":"false-except-for-the-config-operator"}},"status":{"featureGates":[{"enabled":[{"name":"FromJSON"}]}]}}`),
			file("0000_10_a_c.yaml", "apiVersion: config.openshift.io/v1\nkind: FeatureGate\nmetadata:\n  name: yaml\n  annotations:\n    include.release.openshift.io/self-managed-high-availability: \"false-except-for-the-config-operator\"\nstatus:\n  featureGates:\n  - enabled:\n    - name: FromYAML\n"),
			file("0000_10_a_d.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: c\n  annotations:\n    capability.openshift.io/name: A+B\n    release.openshift.io/feature-set: X,Y\n    release.openshift.io/feature-gate: F,-G\n    other: 1\n"),
			file("0000_10_a_e.yaml", "a: [\n"), file("0000_10_a_f.yaml", "kind: List\n"), file("zzz.yml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: z}\n"), file("image-references", "{}"),
		},
	}
}

// stored is an index as the cache returns it.
func stored(t testing.TB, index *manifest.Index) *manifest.Index {
	t.Helper()
	var read *manifest.Index
	data, err := cbor.Marshal(index)
	if err == nil {
		err = cbor.Unmarshal(data, &read)
	}
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// same compares what a payload is read to be, without the texts that an index lacks.
func same(t *testing.T, files payload.Files) {
	t.Helper()
	render := manifest.Render{ReleaseImage: "quay.io/o/r@sha256:0"}
	whole := manifest.Load(files, render)
	taken := loadTaken(t, files, render)
	if diff := cmp.Diff(stored(t, whole.Index()), stored(t, taken.Index()), cmpopts.IgnoreUnexported(manifest.Object{})); diff != "" {
		t.Errorf("of a loader: %s", diff)
	}
	sameObjects(t, whole, taken)
	sameObjects(t, whole, manifest.LoadIndexed(files.Operator, stored(t, whole.Index()), render))
}

// loadTaken reads a payload as it is read from an image: the loader takes most files, and gets a damaged one and one that is not in
// the payload.
func loadTaken(t testing.TB, files payload.Files, render manifest.Render) *manifest.Payload {
	t.Helper()
	loader := manifest.NewLoader(document.Limits{})
	take := func(name string, content []byte) {
		t.Helper()
		if err := loader.Take(name, int64(len(content)), bytes.NewReader(content)); err != nil {
			t.Fatal(err)
		}
	}
	rest := payload.Files{Operator: files.Operator, Release: slices.Clone(files.Release)}
	for i, f := range rest.Release {
		if i == 0 {
			take(f.Name, []byte("kind: Damaged"))
			continue
		}
		take(f.Name, f.Data)
		rest.Release[i].Data = nil
	}
	take("0000_00_a_hidden.yaml", []byte("kind: Hidden"))
	loader.Wait()
	return loader.Load(rest, render)
}

// sameObjects compares two payloads, of which the second one has no texts.
func sameObjects(t *testing.T, whole, short *manifest.Payload) {
	t.Helper()
	if diff := cmp.Diff(whole, short, cmpopts.IgnoreUnexported(manifest.Payload{}, manifest.Object{})); diff != "" {
		t.Error(diff)
	}
	for _, settings := range []manifest.Settings{{}, {FeatureSet: "TechPreviewNoUpgrade"}, {Profile: "hypershift"}, {MajorVersion: new(uint64(5))}} {
		want, wantWarnings := manifest.Evaluate(whole.Objects, settings)
		got, gotWarnings := manifest.Evaluate(short.Objects, settings)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(manifest.Object{})); diff != "" {
			t.Errorf("%+v: %s", settings, diff)
		}
		if diff := cmp.Diff(wantWarnings, gotWarnings); diff != "" {
			t.Errorf("%+v: %s", settings, diff)
		}
		wantGates, _, _ := manifest.EnabledGates(whole.Objects, settings)
		gotGates, _, err := manifest.EnabledGates(short.Objects, settings)
		if !slices.Equal(wantGates, gotGates) || err != nil {
			t.Errorf("%+v: gates %q, want %q, %v", settings, gotGates, wantGates, err)
		}
	}
}

func TestIndexAndLoaderHaveTheObjectsOfTheFiles(t *testing.T) {
	files := odd()
	same(t, files)
	gates, ok, err := manifest.EnabledGates(manifest.Load(files, manifest.Render{}).Objects, manifest.Settings{})
	if want := []string{"FromJSON", "FromYAML"}; !slices.Equal(gates, want) || !ok || err != nil {
		t.Errorf("the test has gates %q, want %q, %v", gates, want, err)
	}
}

func TestIndexAndLoaderOfAReleaseOfRealSize(t *testing.T) {
	same(t, fixture.Release(t, fixture.Version))
}

func TestLoaderStopsAtTheLimits(t *testing.T) {
	loader := manifest.NewLoader(document.Limits{Documents: 3})
	for i := range 10 {
		text := fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a%d\n", i)
		if err := loader.Take(fmt.Sprintf("0000_10_a_%d.yaml", i), 100, strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	loader.Wait()
	if err := loader.Load(payload.Files{}, manifest.Render{}).Err(); err == nil {
		t.Error("ten documents are within the limit of three")
	}
}

func TestIndexHasNoTexts(t *testing.T) {
	files := odd()
	index := stored(t, manifest.Load(files, manifest.Render{}).Index())
	first := manifest.LoadIndexed(nil, index, manifest.Render{}).Objects[0]
	if _, err := first.JSON(); err == nil || err.Error() != "0000_10_a_a.yaml#1: its text was not read" {
		t.Errorf("JSON: %v", err)
	}
	if first.Raw() != nil || first.Mentions("Deployment") {
		t.Errorf("the index has the text %q", first.Raw())
	}
}

// A listing from an index is to cost next to nothing.
func BenchmarkLoadIndexed(b *testing.B) {
	files := fixture.Release(b, fixture.Version)
	index, err := cbor.Marshal(manifest.Load(files, manifest.Render{}).Index())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(len(index)), "bytes")
	for b.Loop() {
		var read *manifest.Index
		if err := cbor.Unmarshal(index, &read); err != nil {
			b.Fatal(err)
		}
		manifest.LoadIndexed(files.Operator, read, manifest.Render{})
	}
}
