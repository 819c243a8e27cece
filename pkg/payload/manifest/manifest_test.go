package manifest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// list writes objects as DIRECTORY/FILE#DOCUMENT KIND NAMESPACE/NAME, and their problem.
func list(objects []*manifest.Object) []string {
	var lines []string
	for _, o := range objects {
		line := fmt.Sprintf("%s/%s %s %s/%s", o.Directory, o.ID(), o.Kind, o.Namespace, o.Name)
		if o.Problem != "" {
			line += ": " + o.Problem
		}
		lines = append(lines, line)
	}
	return lines
}

// The two directories are not merged. Names are in bytewise order, so level 100 comes before 20.
func TestOrder(t *testing.T) {
	one := func(name string) payload.File { return file(name, config("x").String()) }
	loaded := manifest.Load(payload.Files{
		Operator: []payload.File{one("0000_90_cvo_1.yaml"), one("0000_00_cvo_1.yaml"), one("image-references")},
		Release: []payload.File{
			one("0000_9_z_1.yaml"), one("0000_20_w_1.yml"), one("0000_100_x_1.json"), one("0000_10_y_1.yaml"),
			one("image-references"), one("release-metadata"), one("README.md"), one("0000_10_y_2.YAML"), one("0000_03_a_1.yaml"),
		},
	}, manifest.Render{})
	want := []string{
		"manifests/0000_00_cvo_1.yaml", "manifests/0000_90_cvo_1.yaml",
		"release-manifests/0000_03_a_1.yaml", "release-manifests/0000_100_x_1.json", "release-manifests/0000_10_y_1.yaml",
		"release-manifests/0000_20_w_1.yml", "release-manifests/0000_9_z_1.yaml",
	}
	var got []string
	for _, o := range loaded.Objects {
		got = append(got, string(o.Directory)+"/"+o.File)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if o := loaded.Objects[0]; o.Level != "00" || o.Component != "cvo" {
		t.Errorf("level %q, component %q", o.Level, o.Component)
	}
}

// Files of all forms and their objects.
func TestDocuments(t *testing.T) {
	a, b := config("a").String(), config("b").in("ns").String()
	tests := map[string]struct {
		text string
		want []string
	}{
		"one":                    {a, []string{"#1 ConfigMap /a"}},
		"two":                    {a + "---\n" + b, []string{"#1 ConfigMap /a", "#2 ConfigMap ns/b"}},
		"marker first":           {"---\n" + a + "--- # two\n" + b + "---\n", []string{"#1 ConfigMap /a", "#2 ConfigMap ns/b"}},
		"nothing between":        {"---\n---\n# only a comment\n---\n" + a + "---\nnull\n---\n~\n---\n  \n---\n" + b, []string{"#1 ConfigMap /a", "#2 ConfigMap ns/b"}},
		"nothing at all":         {"", nil},
		"carriage returns":       {strings.ReplaceAll(a+"---\n"+b, "\n", "\r\n"), []string{"#1 ConfigMap /a", "#2 ConfigMap ns/b"}},
		"byte order mark":        {"\ufeff" + a, []string{"#1 ConfigMap /a"}},
		"marks in two documents": {"\ufeff" + a + "---\n\ufeff" + b, []string{"#1 ConfigMap /a", "#2 ConfigMap ns/b"}},
		"no newline at the end":  {strings.TrimSuffix(b, "\n"), []string{"#1 ConfigMap ns/b"}},
		"JSON":                   {`{"apiVersion":"v1","kind":"A","metadata":{"name":"x"}}`, []string{"#1 A /x"}},
		"JSON and JSON":          {` {"kind":"A","metadata":{"name":"x"}}{"kind":"A","metadata":{"name":"y"}} null`, []string{"#1 A /x", "#2 A /y"}},
		"JSON, then YAML":        {"{\"kind\":\"A\",\"metadata\":{\"name\":\"x\"}}\n---\n" + a, []string{"#1 A /x", "#2 ConfigMap /a"}},
		"YAML, then JSON":        {a + "---\n" + `{"kind":"A","metadata":{"name":"x"}}`, []string{"#1 ConfigMap /a", "#2 A /x"}},
		"flow style":             {"{kind: A, metadata: {name: x}}", []string{"#1 A /x"}},
		"dashes in a text":       {a + "data:\n  x: |\n    ---\n    y\n", []string{"#1 ConfigMap /a"}},
		"anchors": {
			"kind: &k A\nmetadata: &m\n  name: x\nother:\n  kind: *k\n---\nkind: B\nmetadata:\n  <<: {name: why}\n",
			[]string{"#1 A /x", "#2 B /why"},
		},
		"keys twice": {"kind: A\nkind: B\nmetadata: {name: x}\n", []string{"#1 B /x"}},
		"odd types":  {"kind: A\nmetadata:\n  name: 'yes'\n  namespace: 5\n", []string{"#1 A /yes"}},
		"list":       {"apiVersion: v1\nkind: List\nitems: []\n", []string{"#1 List /: required field name is missing: the operator takes no lists"}},
		"no name":    {"kind: A\nmetadata:\n  name: 123\n", []string{"#1 A /: required field name is missing"}},
		"no kind":    {"metadata:\n  name: x\n", []string{"#1 ? /x: required field kind is missing"}},
		"neither":    {"a: b\n", []string{"#1 ? /: required fields kind and name are missing"}},
		"same object": {a + "---\n" + b + "---\n" + a, []string{
			"#1 ConfigMap /a", "#2 ConfigMap ns/b",
			"#3 ConfigMap /a: the same object as document 1 of the file",
		}},
		"broken in the middle": {a + "---\na: [\n---\n" + b, []string{
			"#1 ConfigMap /a",
			"#2 ? /: yaml: line 1: did not find expected node content", "#3 ConfigMap ns/b",
		}},
		"text behind the marker": {a + "--- x\n" + b, []string{
			"#1 ConfigMap /a",
			`#2 ? /: a separator of documents is followed by "x"`, "#3 ConfigMap ns/b",
		}},
		"kind of another type": {"kind: 5\nmetadata: {name: x}\n", []string{
			"#1 ? /: reading apiVersion and kind: json: cannot unmarshal number into Go struct field .kind of type string",
		}},
		"broken JSON":          {`{"kind":"A"`, []string{"#1 ? /: yaml: line 1: did not find expected ',' or '}'"}},
		"broken third JSON":    {`{"kind":"A","metadata":{"name":"x"}}{"kind":"A","metadata":{"name":"y"}}{`, []string{"#1 A /x", "#2 A /y", "#3 ? /: unexpected EOF"}},
		"a marker behind JSON": {`{"kind":"A","metadata":{"name":"x"}}---`, []string{"#1 A /x", "#2 ? /: invalid character '-' in numeric literal"}},
		"bytes behind JSON":    {"{\"kind\":\"A\",\"metadata\":{\"name\":\"x\"}} \xff\xff\xff\xff", []string{"#1 A /x", "#2 ? /: invalid character 'ÿ' looking for beginning of value"}},
		"tab as indentation":   {"kind: A\nmetadata:\n\tname: x\n", []string{"#1 ? /: yaml: line 3: found character that cannot start any token"}},
		"not UTF-8":            {"kind: A\nmetadata:\n  name: \xff\n", []string{"#1 ? /: yaml: invalid leading UTF-8 octet"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			loaded := load(file("f.yaml", test.text))
			var want []string
			for _, line := range test.want {
				want = append(want, "release-manifests/f.yaml"+line)
			}
			if diff := cmp.Diff(want, list(loaded.Objects)); diff != "" {
				t.Errorf("objects (-want +got):\n%s", diff)
			}
		})
	}
}

// The texts and offsets of documents in a file.
func TestRaw(t *testing.T) {
	text := "# licence\n---\n" + config("a").String() + "---\n" + config("b").String()
	objects := read(t, file("f.yaml", text))
	want := []string{config("a").String(), config("b").String()}
	for i, o := range objects {
		if got := text[o.Start:o.End]; got != want[i] || string(o.Raw()) != got {
			t.Errorf("document %d: %q, raw %q, want %q", o.Document, got, o.Raw(), want[i])
		}
	}
	objects = read(t, file("f.json", ` {"kind":"A","metadata":{"name":"x"}} {"kind":"A","metadata":{"name":"y"}}`))
	for i, want := range []string{`{"kind":"A","metadata":{"name":"x"}}`, `{"kind":"A","metadata":{"name":"y"}}`} {
		if got := string(objects[i].Raw()); got != want {
			t.Errorf("document %d: %q, want %q", i+1, got, want)
		}
	}
}

// There is one warning for each problem, with its place.
func TestWarnings(t *testing.T) {
	loaded := manifest.Load(payload.Files{
		Operator: []payload.File{file("b.yaml", "{{ .Nothing }}"), file("a.yaml", "kind: [\n")},
		Release:  []payload.File{file("c.yaml", config("a").String(), "a: b\n")},
	}, manifest.Render{})
	var got []string
	for _, warning := range loaded.Warnings {
		got = append(got, warning.String())
	}
	want := []string{
		`manifests/b.yaml: skipped: template: manifest:1:3: executing "manifest" at <.Nothing>: can't evaluate field Nothing in type manifest.Render`,
		"manifests/a.yaml: yaml: line 1: did not find expected node content",
		"release-manifests/c.yaml: document 2: required fields kind and name are missing",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if len(loaded.Rendered) != 1 || loaded.Rendered[0].Name != "a.yaml" {
		t.Errorf("rendered: %v", loaded.Rendered)
	}
}

// The operator's directory may be missing.
func TestWithoutOperatorDirectory(t *testing.T) {
	objects := read(t, file("a.yaml", config("a").String()))
	if diff := cmp.Diff([]string{"release-manifests/a.yaml#1 ConfigMap /a"}, list(objects)); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
}

func TestJSON(t *testing.T) {
	objects := read(t, file("a.yaml", "kind: A\nmetadata:\n  name: x\ndata: {b: '<1>', a: 1.50, c: yes, 1: ~}\n"), file("b.json", `{"kind": "B", "metadata": {"name": "y"}} `))
	for i, want := range []string{
		`{"data":{"1":null,"a":1.5,"b":"\u003c1\u003e","c":true},"kind":"A","metadata":{"name":"x"}}`,
		`{"kind": "B", "metadata": {"name": "y"}}`,
	} {
		if got, err := objects[i].JSON(); err != nil || string(got) != want {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	}
	broken := load(file("a.yaml", "a: [")).Objects[0]
	if _, err := broken.JSON(); err == nil || err.Error() != "a.yaml#1: yaml: line 1: did not find expected node content" {
		t.Error(err)
	}
}

func TestTypes(t *testing.T) {
	objects := read(t, file("a.yaml", texts(config("a"), config("b").of("batch/v1", "Job"), config("c").of("batch/v1", "CronJob"))...))
	for i, want := range []struct {
		apiVersion string
		isJob      bool
	}{{"v1", false}, {"batch/v1", true}, {"batch/v1", false}} {
		if o := objects[i]; o.APIVersion() != want.apiVersion || o.IsJob() != want.isJob {
			t.Errorf("%s: %s, job %t, want %s, %t", o.ID(), o.APIVersion(), o.IsJob(), want.apiVersion, want.isJob)
		}
	}
}

// Files that another payload has are read once, unless their contents differ.
func TestLoadAfterAnotherPayload(t *testing.T) {
	text := func(name string) []byte { return []byte("kind: A\nmetadata: {name: " + name + "}\n") }
	files := func(second string) payload.Files {
		return payload.Files{Release: []payload.File{{Name: "0000_10_a.yaml", Data: text("a")}, {Name: "0000_20_b.yaml", Data: text(second)}}}
	}
	other := manifest.Load(files("b"), manifest.Render{})
	loaded := manifest.LoadWithin(document.Limits{}, files("c"), manifest.Render{}, other)
	if len(loaded.Objects) != 2 || loaded.Objects[0] != other.Objects[0] || loaded.Objects[1].Name != "c" {
		t.Errorf("got %v after %v", loaded.Objects, other.Objects)
	}
	if limited := manifest.LoadWithin(document.Limits{Documents: 1}, files("b"), manifest.Render{}, other); limited.Err() == nil {
		t.Error("documents of the other payload do not count")
	}
}
