package diff_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/fixture"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/diff"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// recordedSide reads a recorded release for the settings of a cluster.
func recordedSide(t testing.TB, version string) diff.Side {
	t.Helper()
	return newSide(t, fixture.Release(t, version), manifest.Settings{})
}

func newSide(t testing.TB, files payload.Files, settings manifest.Settings) diff.Side {
	t.Helper()
	release, err := payload.Read(files)
	if err != nil {
		t.Fatal(err)
	}
	images := map[string]string{}
	for _, c := range release.Components {
		images[c.Name] = c.Image
	}
	pullSpec := "quay.io/openshift-release-dev/ocp-release:" + release.Version
	loaded := manifest.Load(files, manifest.Render{ReleaseImage: pullSpec, ClusterProfile: manifest.DefaultProfile, Images: images})
	if err := loaded.Err(); err != nil {
		t.Fatal(err)
	}
	settings.MajorVersion = manifest.MajorVersion(release.Version)
	entries, _ := manifest.Evaluate(loaded.Objects, settings)
	return diff.Side{Release: release, ReleaseImage: pullSpec, Files: files, Payload: loaded, Entries: entries}
}

// compareRecorded compares the two recorded releases.
func compareRecorded(t testing.TB, o diff.Options) *diff.Result {
	t.Helper()
	result, err := diff.Compare(recordedSide(t, "4.22.0-x86_64"), recordedSide(t, "4.22.1-x86_64"), o)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestImagesAreThoseOfOC(t *testing.T) {
	result := compareRecorded(t, diff.Options{})
	var text strings.Builder
	section := func(name string, images []diff.Image) {
		if len(images) == 0 {
			return
		}
		text.WriteString("Images " + name + ":\n")
		for _, image := range images {
			text.WriteString(image.Name)
			for _, c := range []*payload.Component{image.Old, image.New} {
				if c != nil && !(name == "Removed") {
					text.WriteString(" " + c.Digest.String())
				}
			}
			text.WriteString("\n")
		}
	}
	section("Changed", result.Images.Changed)
	section("Rebuilt", result.Images.Rebuilt)
	section("Added", result.Images.Added)
	section("Removed", result.Images.Removed)

	_, recorded, _ := strings.Cut(fixture.Read(t, "oc-golden/diff.stdout"), "Images Changed:")
	var want strings.Builder
	for _, line := range strings.Split("Images Changed:"+recorded, "\n") {
		if fields := strings.Fields(line); len(fields) > 0 {
			want.WriteString(strings.Join(fields, " ") + "\n")
		}
	}
	if diff := cmp.Diff(want.String(), text.String()); diff != "" {
		t.Error(diff)
	}
	if result.Reachable == nil || !*result.Reachable {
		t.Error("4.22.1 does not list 4.22.0 as a version that can update to it")
	}
}

func TestFilesAreThoseOfOC(t *testing.T) {
	var recorded struct {
		ChangedManifests map[string]struct{ From, To *[]byte }
	}
	if err := json.Unmarshal([]byte(fixture.Read(t, "oc-golden/diff-json.stdout")), &recorded); err != nil {
		t.Fatal(err)
	}
	var want diff.Files
	for _, name := range slices.Sorted(maps.Keys(recorded.ChangedManifests)) {
		switch change := recorded.ChangedManifests[name]; {
		case change.From == nil:
			want.Added = append(want.Added, name)
		case change.To == nil:
			want.Removed = append(want.Removed, name)
		default:
			want.Changed = append(want.Changed, name)
		}
	}
	got := compareRecorded(t, diff.Options{}).Files
	// oc does not compare the operator's own manifests.
	own := func(name string) bool { return strings.HasPrefix(name, "manifests/") }
	got.Changed = slices.DeleteFunc(got.Changed, own)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyDocumentsThatDifferAreParsed(t *testing.T) {
	for _, test := range []struct {
		options diff.Options
		want    int
	}{
		{diff.Options{}, 2 * 12}, // of the others, the lines show that only images and versions differ
		{diff.Options{Full: true}, 2 * 102},
	} {
		result := compareRecorded(t, test.options)
		if got := result.Parsed; got != test.want {
			t.Errorf("%+v: %d documents of %d were parsed, want %d", test.options, got, 2*len(result.Pairs), test.want)
		}
	}
}

func TestObjectsThatDiffer(t *testing.T) {
	result := compareRecorded(t, diff.Options{})
	folded := map[string]int{}
	var got []string
	for _, o := range result.Objects {
		if o.OnlyFolded() {
			folded[o.Entry().Kind]++
			continue
		}
		got = append(got, string(o.Change)+" "+o.Entry().Kind+"/"+o.Entry().Name)
		for _, c := range o.Changes {
			if !c.Folded {
				got = append(got, "  "+string(c.Kind)+" "+c.Path.String())
			}
		}
	}
	want := []string{
		"changed CustomResourceDefinition/proxies.config.openshift.io",
		"  changed .spec.versions[name=v1].schema.openAPIV3Schema.description",
		"changed Deployment/etcd-operator",
		"  added .spec.revisionHistoryLimit",
		"changed Deployment/console-operator",
		"  changed .spec.replicas",
		"removed ConsoleQuickStart/netobserv",
		"added ConsoleQuickStart/odf-install-tour",
		"changed PrometheusRule/machine-config-daemon",
		"  changed .spec.groups[name=system-memory-exceeds-reservation].rules[0].for",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// One of the deployments is the operator's own.
	if diff := cmp.Diff(map[string]int{"ClusterOperator": 36, "ConfigMap": 2, "Deployment": 56, "ImageStream": 4}, folded); diff != "" {
		t.Error(diff)
	}
}

func TestRecordedChangesAppliedToTheOldReleaseGiveTheNewOne(t *testing.T) {
	for _, o := range compareRecorded(t, diff.Options{Full: true}).Objects {
		if o.Change != diff.Changed {
			continue
		}
		old, err := diff.Values(o.Old)
		if err != nil {
			t.Fatal(err)
		}
		new, err := diff.Values(o.New)
		if err != nil {
			t.Fatal(err)
		}
		checkApply(t, old, new)
	}
}

func BenchmarkCompare(b *testing.B) {
	old, new := recordedSide(b, "4.22.0-x86_64"), recordedSide(b, "4.22.1-x86_64")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := diff.Compare(old, new, diff.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
