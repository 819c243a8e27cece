package manifest_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/release-x/oc-release-x/internal/fixture"
	"github.com/release-x/oc-release-x/internal/frame"
	"github.com/release-x/oc-release-x/pkg/payload"
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

// same compares a payload from its files with one from its index, without texts.
func same(t *testing.T, files payload.Files) {
	t.Helper()
	render := manifest.Render{ReleaseImage: "quay.io/o/r@sha256:0"}
	whole := manifest.Load(files, render)
	objects, err := manifest.ReadIndex(whole.Index())
	if err != nil {
		t.Fatal(err)
	}
	short := manifest.LoadIndexed(files.Operator, objects, render)
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

func TestIndexIsAsGoodAsTheFiles(t *testing.T) {
	files := odd()
	same(t, files)
	gates, ok, err := manifest.EnabledGates(manifest.Load(files, manifest.Render{}).Objects, manifest.Settings{})
	if want := []string{"FromJSON", "FromYAML"}; !slices.Equal(gates, want) || !ok || err != nil {
		t.Errorf("the test has gates %q, want %q, %v", gates, want, err)
	}
}

func TestIndexOfAReleaseOfRealSize(t *testing.T) { same(t, fixture.Release(t, fixture.Version)) }

func TestIndexHasNoTexts(t *testing.T) {
	files := odd()
	objects, err := manifest.ReadIndex(manifest.Load(files, manifest.Render{}).Index())
	if err != nil {
		t.Fatal(err)
	}
	first := objects[0]
	if _, err := first.JSON(); err == nil || err.Error() != "0000_10_a_a.yaml#1: its text was not read" {
		t.Errorf("JSON: %v", err)
	}
	if first.Raw() != nil || first.Mentions("Deployment") {
		t.Errorf("the index has the text %q", first.Raw())
	}
}

func TestIndexThatIsBroken(t *testing.T) {
	index := manifest.Load(odd(), manifest.Render{}).Index()
	for n := range index {
		if objects, err := manifest.ReadIndex(index[:n]); err == nil || objects != nil {
			t.Fatalf("the first %d of %d bytes are taken for an index", n, len(index))
		}
	}
	var w frame.Writer
	w.Number(1 << 40)
	if _, err := manifest.ReadIndex(w.Bytes()); err == nil {
		t.Error("a count is taken for an index")
	}
}

func FuzzIndex(f *testing.F) {
	f.Add(manifest.Load(odd(), manifest.Render{}).Index())
	f.Fuzz(func(t *testing.T, index []byte) {
		objects, err := manifest.ReadIndex(index)
		if err != nil {
			return
		}
		manifest.Evaluate(objects, manifest.Settings{})
		written := manifest.LoadIndexed(nil, objects, manifest.Render{}).Index()
		objects, err = manifest.ReadIndex(written)
		if err != nil || !bytes.Equal(manifest.LoadIndexed(nil, objects, manifest.Render{}).Index(), written) {
			t.Errorf("written again it is another one: %v", err)
		}
	})
}

// A listing from an index should cost almost nothing.
func BenchmarkLoadIndexed(b *testing.B) {
	files := fixture.Release(b, fixture.Version)
	index := manifest.Load(files, manifest.Render{}).Index()
	b.ReportMetric(float64(len(index)), "bytes")
	for b.Loop() {
		objects, err := manifest.ReadIndex(index)
		if err != nil {
			b.Fatal(err)
		}
		manifest.LoadIndexed(files.Operator, objects, manifest.Render{})
	}
}
