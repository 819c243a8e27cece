package impact_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/diff"
	"github.com/release-x/oc-release-x/pkg/payload/diff/impact"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// files are the manifests of a release by name. The names of the operator's own begin with manifests/.
type files map[string]string

// newSide returns a release of these manifests.
func newSide(t testing.TB, version string, manifests files, settings manifest.Settings) diff.Side {
	t.Helper()
	var read payload.Files
	for _, name := range slices.Sorted(maps.Keys(manifests)) {
		text := manifests[name]
		file := payload.File{Name: strings.TrimPrefix(name, "manifests/"), Size: int64(len(text)), Data: []byte(text)}
		if file.Name != name {
			read.Operator = append(read.Operator, file)
		} else {
			read.Release = append(read.Release, file)
		}
	}
	loaded := manifest.Load(read, manifest.Render{})
	if err := loaded.Err(); err != nil {
		t.Fatal(err)
	}
	settings.MajorVersion = manifest.MajorVersion(version)
	entries, _ := manifest.Evaluate(loaded.Objects, settings)
	return diff.Side{Release: &payload.Release{Version: version}, Files: read, Payload: loaded, Entries: entries}
}

// find returns the findings of an update.
func find(t testing.TB, old, new diff.Side, o impact.Options) *impact.Report {
	t.Helper()
	result, err := diff.Compare(old, new, diff.Options{Included: o.Included})
	if err != nil {
		t.Fatal(err)
	}
	report, err := impact.Find(old, new, result, o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// lines returns each finding as SEVERITY KIND OBJECT FILE: MESSAGE, and its remedy on a line of its own.
func lines(report *impact.Report) []string {
	var lines []string
	for _, f := range report.Findings {
		e := f.Object
		object := strings.TrimPrefix(e.Namespace+"/"+e.Name, "/")
		lines = append(lines, strings.Join([]string{string(f.Severity), string(f.Kind), e.Kind, object, e.File}, " ")+": "+f.Message)
		if f.Remedy != "" {
			lines = append(lines, "  "+f.Remedy)
		}
	}
	return lines
}

// update is a pair of releases and the findings of the update.
type update struct {
	old, new files
	from, to string // versions; empty is 4.18.1 and 4.19.0
	want     []string
}

func checkUpdates(t *testing.T, updates map[string]update) {
	t.Helper()
	for name, u := range updates {
		t.Run(name, func(t *testing.T) {
			if u.from == "" {
				u.from, u.to = "4.18.1", "4.19.0"
			}
			report := find(t, newSide(t, u.from, u.old, manifest.Settings{}), newSide(t, u.to, u.new, manifest.Settings{}), impact.Options{})
			if diff := cmp.Diff(u.want, lines(report)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// object returns a manifest that every profile gets. body follows the metadata; annotations are lines.
func object(apiVersion, kind, name, body string, annotations ...string) string {
	namespace, name, ok := strings.Cut(name, "/")
	if !ok {
		namespace, name = "", namespace
	}
	text := "apiVersion: " + apiVersion + "\nkind: " + kind + "\nmetadata:\n  name: " + name + "\n"
	if namespace != "" {
		text += "  namespace: " + namespace + "\n"
	}
	text += "  annotations:\n    include.release.openshift.io/self-managed-high-availability: \"true\"\n"
	for _, a := range annotations {
		text += "    " + a + "\n"
	}
	return text + strings.TrimPrefix(body, "\n")
}

const (
	deleted    = `release.openshift.io/delete: "true"`
	createOnly = `release.openshift.io/create-only: "true"`
	preview    = `release.openshift.io/feature-set: "TechPreviewNoUpgrade"`
	standard   = `release.openshift.io/feature-set: "Default"`
	gate       = `release.openshift.io/feature-gate: "X"`
	noGate     = `release.openshift.io/feature-gate: "-X"`
)

func configMap(name, value string, annotations ...string) string {
	return object("v1", "ConfigMap", name, "data:\n  value: \""+value+"\"\n", annotations...)
}

func TestChangesWithoutImpact(t *testing.T) {
	checkUpdates(t, map[string]update{
		"nothing": {old: files{"0000_50_a_1.yaml": configMap("x", "1")}, new: files{"0000_50_a_1.yaml": configMap("x", "1")}},
		"value":   {old: files{"0000_50_a_1.yaml": configMap("x", "1")}, new: files{"0000_50_a_1.yaml": configMap("x", "2")}},
		"object":  {new: files{"0000_50_a_1.yaml": configMap("x", "1")}},
		"renamed file": {
			old: files{"0000_50_a_1.yaml": configMap("x", "1")}, new: files{"0000_50_b_1.yaml": configMap("x", "2")},
		},
		"object that no cluster gets": {
			old: files{"0000_50_a_1.yaml": "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: x\n"},
			new: files{"0000_50_a_2.yaml": "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: y\n"},
		},
		"object that cannot be read": {
			old: files{"0000_50_a_1.yaml": "kind: [\n"}, new: files{"0000_50_a_1.yaml": "kind: {\n"},
		},
	})
}

func TestTombstonesAndObjectsThatStay(t *testing.T) {
	const api = "apiextensions.k8s.io/v1"
	checkUpdates(t, map[string]update{
		"tombstone": {
			old:  files{"0000_50_a_1.yaml": configMap("ns/x", "1")},
			new:  files{"0000_99_a_1.yaml": configMap("ns/x", "1", deleted)},
			want: []string{"warning tombstone ConfigMap ns/x 0000_99_a_1.yaml: the update deletes it"},
		},
		"tombstones of a kind and a namespace": {
			old: files{"0000_50_a_1.yaml": object(api, "CustomResourceDefinition", "x", ""), "0000_50_a_2.yaml": object("v1", "Namespace", "z", "")},
			new: files{"0000_50_a_1.yaml": object(api, "CustomResourceDefinition", "x", "", deleted), "0000_50_a_2.yaml": object("v1", "Namespace", "z", "", deleted)},
			want: []string{
				"warning tombstone CustomResourceDefinition x 0000_50_a_1.yaml: the update deletes it and all objects of its kind",
				"warning tombstone Namespace z 0000_50_a_2.yaml: the update deletes it and everything in it",
			},
		},
		"tombstone of an object that is gone": {
			new:  files{"0000_99_a_1.yaml": configMap("ns/x", "1", deleted)},
			want: []string{"info tombstone ConfigMap ns/x 0000_99_a_1.yaml: the update deletes it, if the cluster still has it; 4.18.1 does not"},
		},
		"old tombstone": {
			old: files{"0000_99_a_1.yaml": configMap("ns/x", "1", deleted)}, new: files{"0000_99_b_1.yaml": configMap("ns/x", "2", deleted)},
		},
		"tombstone removed": {old: files{"0000_99_a_1.yaml": configMap("ns/x", "1", deleted)}},
		"object that stays": {
			old:  files{"0000_50_a_1.yaml": configMap("ns/x", "1")},
			want: []string{"info left ConfigMap ns/x 0000_50_a_1.yaml: stays in the cluster: 4.19.0 does not have it, and has no tombstone for it"},
		},
		"one of two files of an object": {
			old: files{"0000_50_a_1.yaml": configMap("ns/x", "1", gate), "0000_50_a_2.yaml": configMap("ns/x", "2", noGate)},
			new: files{"0000_50_a_3.yaml": configMap("ns/x", "1")},
		},
		"object that only some clusters had": {
			old:  files{"0000_50_a_1.yaml": configMap("ns/x", "1", preview)},
			want: []string{"info left ConfigMap ns/x 0000_50_a_1.yaml: stays in the cluster: 4.19.0 does not have it, and has no tombstone for it (feature set TechPreviewNoUpgrade)"},
		},
	})
}

func TestImpactOnACluster(t *testing.T) {
	old := files{
		file: configMap("one", "1"), file2: object("v1", "Namespace", "two", "", preview),
		"0000_50_a_3.yaml": definition("v1 true true", noGate), "0000_50_a_4.yaml": definition("v1 true true\nv2 true false", gate),
	}
	new := files{
		file: configMap("one", "1", preview), file2: object("v1", "Namespace", "two", ""),
		"0000_50_a_3.yaml": definition("v1 true true", noGate), "0000_50_a_4.yaml": definition("v1 true true\nv2 true false", gate),
	}
	for _, test := range []struct {
		name          string
		before, after manifest.Settings
		want          []string
	}{
		{"Default", manifest.Settings{}, manifest.Settings{}, []string{
			"info left ConfigMap one 0000_50_a_1.yaml: stays in the cluster: 4.19.0 does not apply it (release.openshift.io/feature-set=TechPreviewNoUpgrade, the feature set is Default)",
			"info namespace Namespace two 0000_50_a_2.yaml: is new",
		}},
		{"TechPreviewNoUpgrade", manifest.Settings{FeatureSet: "TechPreviewNoUpgrade"}, manifest.Settings{FeatureSet: "TechPreviewNoUpgrade"}, nil},
		// A gate decides which file a cluster gets.
		{
			"gate disabled",
			manifest.Settings{FeatureSet: "TechPreviewNoUpgrade", Gates: manifest.ParseGates("X")},
			manifest.Settings{FeatureSet: "TechPreviewNoUpgrade", Gates: manifest.ParseGates("none")},
			[]string{
				"blocker api-version CustomResourceDefinition things.example.org 0000_50_a_3.yaml: version v2 is no longer served",
				"  oc get apirequestcounts things.v2.example.org -o yaml",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			report := find(t, newSide(t, "4.18.1", old, test.before), newSide(t, "4.19.0", new, test.after), impact.Options{Included: true, Settings: test.after})
			if diff := cmp.Diff(test.want, lines(report)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNewNamespaces(t *testing.T) {
	hosted := strings.Replace(object("v1", "Namespace", "x", ""), manifest.DefaultProfile, "ibm-cloud-managed", 1)
	checkUpdates(t, map[string]update{
		"new": {
			new:  files{"0000_50_a_1.yaml": object("v1", "Namespace", "x", "")},
			want: []string{"info namespace Namespace x 0000_50_a_1.yaml: is new"},
		},
		"in another file": {
			old: files{"0000_50_a_1.yaml": object("v1", "Namespace", "x", "")}, new: files{"0000_50_b_1.yaml": object("v1", "Namespace", "x", "", createOnly)},
		},
		"more clusters get it": {
			old:  files{"0000_50_a_1.yaml": object("v1", "Namespace", "x", "", preview)},
			new:  files{"0000_50_a_1.yaml": object("v1", "Namespace", "x", "", preview), "0000_50_a_2.yaml": object("v1", "Namespace", "x", "", standard)},
			want: []string{"info namespace Namespace x 0000_50_a_2.yaml: is new"},
		},
		"another profile gets it": {
			old:  files{"0000_50_a_1.yaml": object("v1", "Namespace", "x", "")},
			new:  files{"0000_50_a_1.yaml": object("v1", "Namespace", "x", ""), "0000_50_a_2.yaml": hosted},
			want: []string{"info namespace Namespace x 0000_50_a_2.yaml: is new (profile ibm-cloud-managed)"},
		},
		"of another group": {new: files{"0000_50_a_1.yaml": object("example.org/v1", "Namespace", "x", "")}},
	})
}

func TestRunLevels(t *testing.T) {
	checkUpdates(t, map[string]update{
		"moved": {
			old: files{"0000_50_a_1.yaml": configMap("x", "1"), "0000_50_a_2.yaml": configMap("w", "1"), "z.yaml": configMap("z", "1")},
			new: files{"0000_70_a_1.yaml": configMap("x", "1"), "manifests/0000_50_a_2.yaml": configMap("w", "2"), "0000_50_a_3.yaml": configMap("z", "1")},
			want: []string{
				"info run-level ConfigMap w 0000_50_a_2.yaml: moves from run level 50 of release-manifests/ to run level 50 of manifests/",
				"info run-level ConfigMap x 0000_70_a_1.yaml: moves from run level 50 to run level 70",
				"info run-level ConfigMap z 0000_50_a_3.yaml: moves from no run level to run level 50",
			},
		},
		"other file of the level": {old: files{"0000_50_a_1.yaml": configMap("x", "1")}, new: files{"0000_50_b_9.yaml": configMap("x", "1")}},
	})
}
