package extract_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/extract"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// object is a manifest of the default profile with a comment and unsorted fields.
func object(name string) string {
	return "# " + name + "\nkind: ConfigMap\napiVersion: v1\nmetadata:\n  name: " + name +
		"\n  annotations: {include.release.openshift.io/self-managed-high-availability: \"true\"}\n"
}

func request(name, kind string) string {
	return "apiVersion: cloudcredential.openshift.io/v1\nkind: CredentialsRequest\nmetadata: {name: " + name + "}\nspec:\n  providerSpec: {kind: " + kind + "}\n"
}

// small is a payload with a file of each kind.
func small() payload.Files {
	file := func(name, text string) payload.File {
		return payload.File{Name: name, Size: int64(len(text)), Data: []byte(text)}
	}
	return payload.Files{
		Operator: []payload.File{file("0000_00_own_00.yaml", object("own")+"data: {image: '{{.ReleaseImage}}'}\n")},
		Release: []payload.File{
			file("0000_50_a_00.yaml", object("a1")+"---\n"+object("a2")+"---\n"+strings.TrimSuffix(object("a3"), "\n")),
			file("0000_50_b_00.json", `{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"b"}}`),
			file("0000_50_c_00.yaml", request("aws", "AWSProviderSpec")+"---\n"+request("gcp", "GCPProviderSpec")),
			file("image-references", "{references}"), file("release-metadata", "{metadata}"), file("script.sh", "#!/bin/sh\n"),
		},
	}
}

// files returns the extracted files, contents by path.
func files(t *testing.T, o extract.Options) (map[string]string, error) {
	t.Helper()
	source := small()
	p := manifest.Load(source, manifest.Render{ReleaseImage: "r@d"})
	entries, _ := manifest.Evaluate(p.Objects, manifest.Settings{Gates: manifest.Gates{Mode: manifest.UncheckedGates}})
	written, err := extract.Files(source, p, entries, o)
	got := map[string]string{}
	for _, f := range written {
		got[f.Path] = string(f.Data)
	}
	return got, err
}

func named(names ...string) func(manifest.Entry) bool {
	return func(e manifest.Entry) bool {
		for _, name := range names {
			if e.Name == name {
				return true
			}
		}
		return false
	}
}

func TestFilesByteForByte(t *testing.T) {
	got, err := files(t, extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, f := range small().Release {
		want[f.Name] = string(f.Data)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOperatorDirectory(t *testing.T) {
	for raw, image := range map[bool]string{false: "r@d", true: "{{.ReleaseImage}}"} {
		got, err := files(t, extract.Options{Operator: true, Raw: raw, Names: []string{"*_00.yaml"}})
		if err != nil {
			t.Fatal(err)
		}
		if own := got["manifests/0000_00_own_00.yaml"]; own != object("own")+"data: {image: '"+image+"'}\n" {
			t.Errorf("raw %v: %s", raw, own)
		}
		if _, ok := got["release-manifests/0000_50_a_00.yaml"]; !ok || len(got) != 3 {
			t.Errorf("raw %v: %d files, %v", raw, len(got), got)
		}
	}
}

func TestCutDocuments(t *testing.T) {
	for _, test := range []struct {
		keep []string
		want map[string]string
	}{
		{[]string{"a1", "a2", "a3"}, map[string]string{"0000_50_a_00.yaml": string(small().Release[0].Data)}},
		{[]string{"a2"}, map[string]string{"0000_50_a_00.yaml": "---\n" + object("a2")}},
		{[]string{"a1", "a3", "b"}, map[string]string{
			"0000_50_a_00.yaml": "---\n" + object("a1") + "---\n" + object("a3"), "0000_50_b_00.json": string(small().Release[1].Data),
		}},
		{nil, map[string]string{}},
	} {
		got, err := files(t, extract.Options{Keep: named(test.keep...)})
		if err != nil {
			t.Fatal(err)
		}
		test.want["image-references"], test.want["release-metadata"] = "{references}", "{metadata}"
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%v: %s", test.keep, diff)
		}
	}
}

func TestNormalize(t *testing.T) {
	got, err := files(t, extract.Options{Normalize: true, Keep: named("a2", "b")})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"image-references": "{references}", "release-metadata": "{metadata}",
		"0000_50_a_00.yaml": "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  annotations:\n    include.release.openshift.io/self-managed-high-availability: \"true\"\n  name: a2\n",
		"0000_50_b_00.json": "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCredentials(t *testing.T) {
	for cloud, want := range map[string]string{"": "aws gcp", "aws": "aws", "gcp": "gcp", "azure": ""} {
		keep, err := extract.Credentials(cloud)
		if err != nil {
			t.Fatal(err)
		}
		got, err := files(t, extract.Options{Keep: keep, OnlyManifests: true})
		if err != nil {
			t.Fatal(err)
		}
		var kept []string
		for _, name := range []string{"aws", "gcp"} {
			if strings.Contains(got["0000_50_c_00.yaml"], "{name: "+name+"}") {
				kept = append(kept, name)
			}
		}
		if strings.Join(kept, " ") != want || len(got) > 1 {
			t.Errorf("%q: %v", cloud, got)
		}
	}
	_, err := extract.Credentials("mars")
	if want := `--cloud "mars": want one of alibabacloud, aws, azure, gcp, ibmcloud, nutanix, openstack, ovirt, powervs, vsphere`; err == nil || err.Error() != want || fault.KindOf(err) != fault.Usage {
		t.Errorf("got %v", err)
	}
}

func TestNames(t *testing.T) {
	for _, test := range []struct {
		names, want, wantError string
		kind                   fault.Kind
	}{
		{names: "image-references", want: "image-references"},
		{names: "*.json script.sh", want: "0000_50_b_00.json script.sh"},
		{names: "nope", wantError: `the payload has no file "nope"`, kind: fault.NotFound},
		{names: "script.sh nope*", wantError: `the payload has no file "nope*"`, kind: fault.NotFound},
		{names: "release-manifests/*.json ./release-manifests/script.sh", want: "0000_50_b_00.json script.sh"},
		{names: "0000_50", wantError: `the payload has no file "0000_50"; did you mean 0000_50_a_00.yaml, 0000_50_b_00.json, 0000_50_c_00.yaml?`, kind: fault.NotFound},
		{names: "00", wantError: `the payload has no file "00"`, kind: fault.NotFound},
		{names: "e", wantError: `the payload has no file "e"`, kind: fault.NotFound},
		{names: "re", wantError: `the payload has no file "re"`, kind: fault.NotFound},
		{names: "*.jsn a script", wantError: `the payload has no file "*.jsn"; did you mean 0000_50_b_00.json?, and no file "a", and no file "script"; did you mean script.sh?`, kind: fault.NotFound},
		{names: "[", wantError: `malformed pattern "[": * ? and [a-z] are understood`, kind: fault.Usage},
	} {
		source := small()
		written, err := extract.Files(source, manifest.Load(source, manifest.Render{}), nil, extract.Options{Names: strings.Fields(test.names)})
		if test.wantError != "" {
			if err == nil || err.Error() != test.wantError || fault.KindOf(err) != test.kind {
				t.Errorf("%s: got %v", test.names, err)
			}
			continue
		}
		var paths []string
		for _, f := range written {
			paths = append(paths, f.Path)
		}
		if err != nil || strings.Join(paths, " ") != test.want {
			t.Errorf("%s: %v, %v", test.names, paths, err)
		}
	}
}

func TestStream(t *testing.T) {
	source := small()
	p := manifest.Load(source, manifest.Render{ReleaseImage: "r@d"})
	entries, _ := manifest.Evaluate(p.Objects, manifest.Settings{Gates: manifest.Gates{Mode: manifest.UncheckedGates}})
	got, err := extract.Stream(source, entries, extract.Options{Keep: named("own", "a3", "b")})
	if err != nil {
		t.Fatal(err)
	}
	if want := "---\n" + object("a3") + "---\n" + string(source.Release[1].Data) + "\n"; string(got) != want {
		t.Errorf("got %s", got)
	}
	got, err = extract.Stream(source, entries, extract.Options{Operator: true, Keep: named("own")})
	if want := "---\n" + object("own") + "data: {image: 'r@d'}\n"; err != nil || string(got) != want {
		t.Errorf("got %s, %v", got, err)
	}
}

// Strict readers only allow a byte order mark at the beginning of a stream, and read an empty document between two separators.
func TestJoinedDocuments(t *testing.T) {
	const mark = "\ufeff"
	for name, test := range map[string]struct{ text, stream, join string }{
		"plain":                        {"kind: A\n", "---\nkind: A\n", ""},
		"no line at the end":           {"kind: A", "---\nkind: A\n", ""},
		"own separator":                {"---\nkind: A\n", "---\nkind: A\n", ""},
		"lines of Windows":             {"---\r\nkind: A\r\n", "---\r\nkind: A\r\n", ""},
		"comment behind it":            {"--- # a\nkind: A\n", "--- # a\nkind: A\n", ""},
		"blanks behind it":             {"--- \t\nkind: A\n", "--- \t\nkind: A\n", ""},
		"mark":                         {mark + "kind: A\n", "---\nkind: A\n", ""},
		"mark and separator":           {mark + "---\nkind: A\n", "---\nkind: A\n", ""},
		"mark behind separator":        {"---\n" + mark + "kind: A\n", "---\nkind: A\n", ""},
		"comment, mark, lines":         {mark + "--- # a\r\n" + mark + "kind: A\r\n", "--- # a\r\nkind: A\r\n", ""},
		"two documents":                {"--- # a\nkind: A\n---\r\nkind: B\n", "--- # a\nkind: A\n---\nkind: B\n", "--- # a\nkind: A\n---\r\nkind: B\n"},
		"hyphens that separate nought": {"---kind: A\n", "", "---\n---kind: A\n"},
	} {
		t.Run(name, func(t *testing.T) {
			source := payload.Files{Release: []payload.File{{Name: "0000_50_a_00.yaml", Data: []byte(test.text)}}}
			if test.join == "" {
				test.join = test.stream
			}
			if got := string(extract.Join([]extract.File{{Path: "a", Data: []byte(test.text)}})); got != test.join {
				t.Errorf("joined: got %q, want %q", got, test.join)
			}
			if test.stream == "" {
				return
			}
			var entries []manifest.Entry
			for _, o := range manifest.Load(source, manifest.Render{}).Objects {
				o.Problem = "" // a kind is not all that an object needs
				entries = append(entries, manifest.Entry{Object: o})
			}
			got, err := extract.Stream(source, entries, extract.Options{})
			if err != nil || string(got) != test.stream {
				t.Errorf("got %q, %v, want %q", got, err, test.stream)
			}
			decoder, documents := yaml.NewDecoder(bytes.NewReader(got)), 0
			for ; ; documents++ {
				var document any
				if err := decoder.Decode(&document); err == io.EOF {
					break
				} else if err != nil || document == nil {
					t.Fatalf("document %d: %v, %v", documents, document, err)
				}
			}
			if documents != len(entries) {
				t.Errorf("%d documents, want %d", documents, len(entries))
			}
		})
	}
}

func TestStreamNames(t *testing.T) {
	source := small()
	for name, kind := range map[string]fault.Kind{"nope": fault.NotFound, "[": fault.Usage} {
		if _, err := extract.Stream(source, nil, extract.Options{Names: []string{name}}); fault.KindOf(err) != kind {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestUnreadableDocuments(t *testing.T) {
	source := payload.Files{Release: []payload.File{{Name: "0000_50_a_00.yaml", Data: []byte("a: [\n")}}}
	p := manifest.Load(source, manifest.Render{})
	entries, _ := manifest.Evaluate(p.Objects, manifest.Settings{})
	written, err := extract.Files(source, p, entries, extract.Options{})
	if err != nil || len(written) != 1 || string(written[0].Data) != "a: [\n" {
		t.Errorf("byte for byte: %v, %v", written, err)
	}
	for _, o := range []extract.Options{{Normalize: true}, {Keep: named("a")}} {
		if written, err := extract.Files(source, p, entries, o); fault.KindOf(err) != fault.Integrity || written != nil || !strings.HasPrefix(err.Error(), "release-manifests/0000_50_a_00.yaml: document 1 cannot be read: ") {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if _, err := extract.Stream(source, entries, extract.Options{}); fault.KindOf(err) != fault.Integrity {
		t.Errorf("stream: %v", err)
	}
}
