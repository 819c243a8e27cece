package diff_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/diff"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// testRelease is a small release.
type testRelease struct {
	version  string
	previous []string
	url      string
	images   []testImage
	files    map[string]string // release-manifests
	operator map[string]string // manifests
}

type testImage struct {
	name, digest string // one hexadecimal digit, repeated
	commit       string // one hexadecimal digit, repeated
	repository   string // empty for one on GitHub
	versions     string
}

func (i testImage) pullSpec() string {
	return "quay.io/test/art@sha256:" + strings.Repeat(i.digest, 64)
}

// payload returns the files of the release.
func (r testRelease) payload() payload.Files {
	type tag map[string]any
	tags := []tag{}
	for _, i := range r.images {
		annotations := map[string]string{}
		if i.commit != "" {
			annotations["io.openshift.build.commit.id"] = strings.Repeat(i.commit, 40)
			annotations["io.openshift.build.source-location"] = "https://github.com/openshift/" + i.name
		}
		if i.repository != "" {
			annotations["io.openshift.build.source-location"] = i.repository
		}
		if i.versions != "" {
			annotations["io.openshift.build.versions"] = i.versions
		}
		tags = append(tags, tag{"name": i.name, "annotations": annotations, "from": tag{"kind": "DockerImage", "name": i.pullSpec()}})
	}
	references, _ := json.Marshal(tag{
		"kind": "ImageStream", "apiVersion": "image.openshift.io/v1",
		"metadata": tag{"name": r.version}, "spec": tag{"tags": tags},
	})
	metadata, _ := json.Marshal(tag{
		"kind": "cincinnati-metadata-v0", "version": r.version, "previous": r.previous, "metadata": tag{"url": r.url},
	})
	files := payload.Files{Release: []payload.File{file(payload.ReferencesName, string(references)), file(payload.MetadataName, string(metadata))}}
	for _, name := range slices.Sorted(maps.Keys(r.files)) {
		files.Release = append(files.Release, file(name, r.files[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(r.operator)) {
		files.Operator = append(files.Operator, file(name, r.operator[name]))
	}
	return files
}

func file(name, text string) payload.File {
	return payload.File{Name: name, Size: int64(len(text)), Data: []byte(text)}
}

func compareReleases(t *testing.T, old, new testRelease, o diff.Options) *diff.Result {
	t.Helper()
	if old.images == nil {
		old.images = []testImage{{name: "etcd", digest: "0"}}
	}
	if new.images == nil {
		new.images = []testImage{{name: "etcd", digest: "0"}}
	}
	result, err := diff.Compare(newSide(t, old.payload(), manifest.Settings{}), newSide(t, new.payload(), manifest.Settings{}), o)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestImagesVersionsAndMetadata(t *testing.T) {
	old := testRelease{version: "4.1.0", url: "https://a", images: []testImage{
		{name: "changed", digest: "1", commit: "a"},
		{name: "elsewhere", digest: "1", commit: "a", repository: "https://example.org/x"},
		{name: "etcd", digest: "1", commit: "a", versions: "kubernetes=1.27.1"},
		{name: "moved", digest: "1", commit: "a", repository: "https://github.com/old/moved"},
		{name: "rebuilt", digest: "1", commit: "a"},
		{name: "removed", digest: "1"},
		{name: "rhel-coreos", digest: "1", versions: "machine-os=9.6.1"},
		{name: "rhel-coreos-10", digest: "1", versions: "machine-os=10.0.1"},
		{name: "unknown", digest: "1"},
	}}
	new := testRelease{version: "4.1.1", previous: []string{"4.1.0"}, url: "https://b", images: []testImage{
		{name: "added", digest: "2", commit: "b"},
		{name: "changed", digest: "2", commit: "b"},
		{name: "elsewhere", digest: "2", commit: "b", repository: "https://example.org/x"},
		{name: "etcd", digest: "1", commit: "a", versions: "kubernetes=1.27.1"},
		{name: "moved", digest: "2", commit: "b", repository: "https://github.com/new/moved"},
		{name: "rebuilt", digest: "2", commit: "a"},
		{name: "rhel-coreos", digest: "2", versions: "machine-os=9.6.2"},
		{name: "rhel-coreos-10", digest: "1", versions: "machine-os=10.0.1"},
		{name: "unknown", digest: "2"},
	}}
	result := compareReleases(t, old, new, diff.Options{})
	list := func(images []diff.Image) (lines []string) {
		for _, i := range images {
			lines = append(lines, strings.TrimSpace(fmt.Sprint(i.Name, " ", i.Compare)))
		}
		return lines
	}
	link := "changed https://github.com/openshift/changed/compare/" + strings.Repeat("a", 40) + "..." + strings.Repeat("b", 40)
	for _, test := range []struct {
		name string
		got  []string
		want []string
	}{
		{"changed", list(result.Images.Changed), []string{link, "elsewhere", "moved", "rhel-coreos", "unknown"}},
		{"rebuilt", list(result.Images.Rebuilt), []string{"rebuilt"}},
		{"added", list(result.Images.Added), []string{"added"}},
		{"removed", list(result.Images.Removed), []string{"removed"}},
	} {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
	if diff := cmp.Diff([]diff.Value{{Name: "machine-os", Old: "10.0.1, 9.6.1", New: "10.0.1, 9.6.2"}}, result.Versions); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]diff.Value{{Name: "url", Old: "https://a", New: "https://b"}}, result.Metadata); diff != "" {
		t.Error(diff)
	}
	if result.Reachable == nil || !*result.Reachable {
		t.Error("the new release lists the old one")
	}
	if back := compareReleases(t, new, old, diff.Options{}); back.Reachable == nil || *back.Reachable {
		t.Error("the old release does not list the new one")
	}
}

// object returns the manifest of a ConfigMap with an inclusion annotation, which the default profile gets.
func object(name, data string, annotations ...string) string {
	text := "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\n  annotations:\n" +
		"    include.release.openshift.io/self-managed-high-availability: \"true\"\n"
	for _, a := range annotations {
		text += "    " + a + "\n"
	}
	return text + "data:\n  value: \"" + data + "\"\n"
}

func TestObjectsAreMatchedByIdentity(t *testing.T) {
	const gate = `release.openshift.io/feature-gate: "X"`
	const preview = `release.openshift.io/feature-set: "TechPreviewNoUpgrade"`
	const standard = `release.openshift.io/feature-set: "Default"`
	for name, test := range map[string]struct {
		old, new map[string]string
		included bool
		want     []string
	}{
		"renamed file": {
			old: map[string]string{"0000_50_a_1.yaml": object("x", "1")}, new: map[string]string{"0000_50_a_2.yaml": object("x", "1")},
		},
		"other document of the file": {
			old: map[string]string{"0000_50_a_1.yaml": object("x", "1") + "---\n" + object("z", "1")},
			new: map[string]string{"0000_50_a_1.yaml": object("z", "1") + "---\n" + object("x", "1")},
		},
		"renamed file and another value": {
			old: map[string]string{"0000_50_a_1.yaml": object("x", "1")}, new: map[string]string{"0000_50_a_2.yaml": object("x", "2")},
			want: []string{"changed x 0000_50_a_1.yaml → 0000_50_a_2.yaml .data.value"},
		},
		"other run level": {
			old: map[string]string{"0000_50_a_1.yaml": object("x", "1")}, new: map[string]string{"0000_70_a_1.yaml": object("x", "1")},
			want: []string{"moved x 0000_50_a_1.yaml → 0000_70_a_1.yaml"},
		},
		"comment": {
			old: map[string]string{"0000_50_a_1.yaml": object("x", "1")}, new: map[string]string{"0000_50_a_1.yaml": "# new\n" + object("x", "1")},
		},
		"variants in several files": {
			old: map[string]string{"0000_50_a_1.yaml": object("x", "1", standard), "0000_50_a_2.yaml": object("x", "2", preview)},
			new: map[string]string{"0000_50_a_1.yaml": object("x", "2", preview), "0000_50_a_2.yaml": object("x", "1", standard)},
		},
		"variant added": {
			old:  map[string]string{"0000_50_a_1.yaml": object("x", "1", standard)},
			new:  map[string]string{"0000_50_a_0.yaml": object("x", "2", preview), "0000_50_a_1.yaml": object("x", "1", standard)},
			want: []string{"added x → 0000_50_a_0.yaml"},
		},
		"annotation of the only variant": {
			old:  map[string]string{"0000_50_a_1.yaml": object("x", "1")},
			new:  map[string]string{"0000_50_a_2.yaml": object("x", "1", gate)},
			want: []string{`changed x 0000_50_a_1.yaml → 0000_50_a_2.yaml .metadata.annotations["release.openshift.io/feature-gate"]`},
		},
		"variants of several clusters, for one of them": {
			old:      map[string]string{"0000_50_a_1.yaml": object("x", "1"), "0000_50_a_2.yaml": object("z", "2", preview)},
			new:      map[string]string{"0000_50_a_1.yaml": object("x", "2", standard), "0000_50_a_2.yaml": object("z", "3", preview)},
			included: true,
			want:     []string{`changed x 0000_50_a_1.yaml .data.value .metadata.annotations["release.openshift.io/feature-set"]`},
		},
		"excluded from now on": {
			old:      map[string]string{"0000_50_a_1.yaml": object("x", "1")},
			new:      map[string]string{"0000_50_a_1.yaml": object("x", "1", preview)},
			included: true,
			want:     []string{"removed x 0000_50_a_1.yaml"},
		},
		"the same object in two files": {
			old:  map[string]string{"0000_50_a_1.yaml": object("x", "1"), "0000_50_a_2.yaml": object("x", "2")},
			new:  map[string]string{"0000_50_a_2.yaml": object("x", "3")},
			want: []string{"removed x 0000_50_a_1.yaml", "changed x 0000_50_a_2.yaml .data.value"},
		},
		"another object in the file": {
			old:  map[string]string{"0000_50_a_1.yaml": object("x", "1")},
			new:  map[string]string{"0000_50_a_1.yaml": object("z", "1")},
			want: []string{"added z → 0000_50_a_1.yaml", "removed x 0000_50_a_1.yaml"},
		},
		"invalid documents": {
			old:  map[string]string{"0000_50_a_1.yaml": "kind: A\n---\nkind: B\n"},
			new:  map[string]string{"0000_50_a_1.yaml": "kind: A\n---\nkind: B\nx: 1\n"},
			want: []string{"changed  0000_50_a_1.yaml"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			result := compareReleases(t, testRelease{version: "4.1.0", files: test.old}, testRelease{version: "4.1.1", files: test.new}, diff.Options{Included: test.included})
			var got []string
			for _, o := range result.Objects {
				line := string(o.Change) + " " + o.Entry().Name
				switch {
				case o.Old == nil:
					line += " → " + o.New.File
				case o.New == nil || o.New.File == o.Old.File:
					line += " " + o.Old.File
				default:
					line += " " + o.Old.File + " → " + o.New.File
				}
				for _, c := range o.Changes {
					line += " " + c.Path.String()
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDigestsAndVersionsAreFolded(t *testing.T) {
	images := func(etcd, pod, kubernetes string) []testImage {
		return []testImage{
			{name: "etcd", digest: etcd, versions: "kubernetes=" + kubernetes},
			{name: "pod", digest: pod},
			{name: "same-as-pod", digest: "9"},
		}
	}
	digest := func(d string) string { return "sha256:" + strings.Repeat(d, 64) }
	for name, test := range map[string]struct {
		old, new string
		want     bool
	}{
		"pull spec":                  {"quay.io/test/art@" + digest("1"), "quay.io/test/art@" + digest("2"), true},
		"other repository":           {"quay.io/test/art@" + digest("1"), "example.org:5000/x@" + digest("2"), true},
		"argument":                   {"--image=quay.io/test/art@" + digest("1"), "--image=quay.io/test/art@" + digest("2"), true},
		"two pull specs":             {"a@" + digest("1") + ",b@" + digest("3"), "a@" + digest("2") + ",b@" + digest("4"), true},
		"image of another component": {"a@" + digest("1"), "a@" + digest("4"), false},
		"unknown digest":             {"a@" + digest("7"), "a@" + digest("8"), false},
		"text beside a pull spec":    {"x a@" + digest("1"), "y a@" + digest("2"), false},
		"version of the release":     {"4.1.0", "4.1.1", true},
		"version in a text":          {"version v4.1.0, the first", "version v4.1.1, the first", true},
		"version of a component":     {"kubernetes 1.27.1", "kubernetes 1.27.2", true},
		"another version":            {"4.1.0", "1.27.2", false},
		"unknown version":            {"3.0.0", "3.0.1", false},
		"part of a longer number":    {"14.1.0", "14.1.1", false},
		"longer version":             {"4.1.0.1", "4.1.1.1", false},
		"release image":              {"quay.io/openshift-release-dev/ocp-release:4.1.0", "quay.io/openshift-release-dev/ocp-release:4.1.1", true},
	} {
		t.Run(name, func(t *testing.T) {
			old := testRelease{version: "4.1.0", images: images("1", "3", "1.27.1"), files: map[string]string{"0000_50_a_1.yaml": object("x", test.old)}}
			new := testRelease{version: "4.1.1", images: images("2", "4", "1.27.2"), files: map[string]string{"0000_50_a_1.yaml": object("x", test.new)}}
			result := compareReleases(t, old, new, diff.Options{Full: true})
			if len(result.Objects) != 1 || len(result.Objects[0].Changes) != 1 {
				t.Fatalf("got %v, want one change", result.Objects)
			}
			if got := result.Objects[0].OnlyFolded(); got != test.want {
				t.Errorf("folded is %v, want %v", got, test.want)
			}
		})
	}
}

func TestFilesOfBothDirectories(t *testing.T) {
	old := testRelease{version: "4.1.0", operator: map[string]string{"0000_00_a_1.yaml": object("own", "1")}, files: map[string]string{
		"0000_50_a_1.yaml": object("x", "1"), "0000_50_a_2.yaml": object("z", "1"), "notes.txt": "a",
	}}
	new := testRelease{version: "4.1.1", operator: map[string]string{"0000_00_a_1.yaml": object("own", "2"), "0000_00_a_2.yaml": object("new", "{{.ReleaseImage}}")}, files: map[string]string{
		"0000_50_a_1.yaml": object("x", "1"), "0000_50_a_3.yaml": object("z", "1"), "notes.txt": "b",
	}}
	want := diff.Files{
		Changed: []string{"manifests/0000_00_a_1.yaml", "notes.txt"},
		Added:   []string{"0000_50_a_3.yaml", "manifests/0000_00_a_2.yaml"},
		Removed: []string{"0000_50_a_2.yaml"},
	}
	if diff := cmp.Diff(want, compareReleases(t, old, new, diff.Options{}).Files); diff != "" {
		t.Error(diff)
	}
}

func TestEqualReleasesDoNotDiffer(t *testing.T) {
	r := testRelease{version: "4.1.0", files: map[string]string{"0000_50_a_1.yaml": object("x", "1")}}
	if result := compareReleases(t, r, r, diff.Options{}); !result.Empty() {
		t.Errorf("got %+v", result)
	}
}
