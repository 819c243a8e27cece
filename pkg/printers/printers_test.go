package printers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kuberuntime "k8s.io/apimachinery/pkg/runtime"
	kubejson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// components is a list of three images: one with everything, one with nothing, one that is not pinned.
func components() *v1alpha1.ComponentImageList {
	return v1alpha1.NewComponentImageList(v1alpha1.Release{Reference: "oci:x", Version: "4.14.0"}, []payload.Component{
		{
			Name: "etcd", Image: "quay.io/a/b@sha256:aa", Digest: "sha256:aa", Repository: "https://github.com/o/etcd", Commit: "c0ffee",
			Versions: []payload.ComponentVersion{{Name: "etcd", Version: "3.5.9", DisplayName: "etcd & friends <1>"}},
			Purpose:  "etcd database", Groups: []string{"bootstrap", "control-plane"}, Aliases: []string{"machine-config-etcd"},
		},
		{Name: "pod10", Image: "quay.io/a/b@sha256:bb", Digest: "sha256:bb", Commit: "10"},
		{Name: "pod9", Image: "quay.io/a/b:tag", Commit: "9"},
	})
}

var componentForms = printers.Forms{Table: true, List: true, Lines: []string{"digest", "name", "pullspec"}}

// options are those of a command with a table.
func options(change func(*printers.Options)) printers.Options {
	o := printers.Options{Forms: componentForms}
	change(&o)
	return withKubectl(o)
}

// withKubectl adds cli-runtime's printers, as a command does.
func withKubectl(o printers.Options) printers.Options {
	kubectl := genericclioptions.NewPrintFlags("")
	kubectl.NamePrintFlags = nil
	*kubectl.OutputFormat, *kubectl.TemplatePrinterFlags.TemplateArgument = o.Output, o.Template
	kubectl.OutputFlagSpecified = func() bool { return o.Output != "" }
	o.Forms.Kubectl = kubectl.AllowedFormats()
	o.Kubectl = func() (printers.KubectlPrinter, error) {
		printer, err := kubectl.ToPrinter()
		if genericclioptions.IsNoCompatiblePrinterError(err) {
			return nil, nil
		}
		return printer, err
	}
	return o
}

func print(t *testing.T, change func(*printers.Options)) (string, error) {
	t.Helper()
	output, err := printers.NewOutput(options(change))
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	err = output.Print(context.Background(), &b, printers.ComponentImages(components()))
	return b.String(), err
}

func TestForms(t *testing.T) {
	columns := filepath.Join(t.TempDir(), "columns")
	if err := os.WriteFile(columns, []byte("NAME COMMIT\n.metadata.name .commit\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, output, template, sortBy string
		noHeaders                      bool
		want                           string
	}{
		{name: "table", want: "NAME    DIGEST\netcd    sha256:aa\npod10   sha256:bb\npod9    quay.io/a/b:tag\n"},
		{name: "no headers", noHeaders: true, want: "etcd    sha256:aa\npod10   sha256:bb\npod9    quay.io/a/b:tag\n"},
		{name: "wide", output: "wide", want: "" +
			"NAME    DIGEST            PULLSPEC                REPOSITORY                  COMMIT   VERSIONS     PURPOSE\n" +
			"etcd    sha256:aa         quay.io/a/b@sha256:aa   https://github.com/o/etcd   c0ffee   etcd=3.5.9   etcd database\n" +
			"pod10   sha256:bb         quay.io/a/b@sha256:bb   <none>                      10       <none>       <none>\n" +
			"pod9    quay.io/a/b:tag   quay.io/a/b:tag         <none>                      9        <none>       <none>\n"},
		{name: "name", output: "name", want: "etcd\npod10\npod9\n"},
		{name: "digest", output: "digest", want: "sha256:aa\nsha256:bb\nquay.io/a/b:tag\n"},
		{name: "pullspec", output: "pullspec", want: "quay.io/a/b@sha256:aa\nquay.io/a/b@sha256:bb\nquay.io/a/b:tag\n"},
		{name: "natural order", output: "name", sortBy: ".metadata.name", want: "etcd\npod9\npod10\n"},
		{name: "sorted by commit", sortBy: "{.commit}", noHeaders: true, want: "pod9    quay.io/a/b:tag\npod10   sha256:bb\netcd    sha256:aa\n"},
		{name: "absent first", output: "name", sortBy: "purpose", want: "pod10\npod9\netcd\n"},
		{name: "jsonpath", output: "jsonpath={.items[*].metadata.name}", want: "etcd pod10 pod9"},
		{name: "jsonpath as json", output: "jsonpath-as-json={.items[0].digest}", want: "[\n    \"sha256:aa\"\n]\n"},
		{name: "go-template", output: `go-template={{range .items}}{{.metadata.name}}{{"\n"}}{{end}}`, want: "etcd\npod10\npod9\n"},
		{name: "template alone", template: `{{.release.version}}`, want: "4.14.0"},
		{name: "custom columns", output: "custom-columns=NAME:.metadata.name,COMMIT:{.commit},G:.groups[*]", want: "" +
			"NAME    COMMIT   G\netcd    c0ffee   bootstrap,control-plane\npod10   10       <none>\npod9    9        <none>\n"},
		{name: "custom columns file", output: "custom-columns-file=" + columns, noHeaders: true, want: "etcd    c0ffee\npod10   10\npod9    9\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := print(t, func(o *printers.Options) {
				o.Output, o.Template, o.SortBy, o.NoHeaders = test.output, test.template, test.sortBy, test.noHeaders
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestJSONAndYAML(t *testing.T) {
	json, err := print(t, func(o *printers.Options) { o.Output = "json" })
	if err != nil {
		t.Fatal(err)
	}
	want := `{
    "apiVersion": "release-x.openshift.io/v1alpha1",
    "items": [
        {
            "aliases": [
                "machine-config-etcd"
            ],
            "apiVersion": "release-x.openshift.io/v1alpha1",
            "commit": "c0ffee",
            "digest": "sha256:aa",
            "groups": [
                "bootstrap",
                "control-plane"
            ],
            "image": "quay.io/a/b@sha256:aa",
            "kind": "ComponentImage",
            "metadata": {
                "name": "etcd"
            },
            "purpose": "etcd database",
            "repository": "https://github.com/o/etcd",
            "versions": [
                {
                    "displayName": "etcd \u0026 friends \u003c1\u003e",
                    "name": "etcd",
                    "version": "3.5.9"
                }
            ]
        },`
	if !strings.HasPrefix(json, want) {
		t.Errorf("got %s", json)
	}
	upper, err := print(t, func(o *printers.Options) { o.Output = "JSON" })
	if err != nil || upper != json {
		t.Errorf("-o JSON differs from -o json: %v", err)
	}
	yaml, err := print(t, func(o *printers.Options) { o.Output = "yaml" })
	if err != nil || !strings.HasPrefix(yaml, "apiVersion: release-x.openshift.io/v1alpha1\nitems:\n- aliases:\n  - machine-config-etcd\n") {
		t.Errorf("got %v %s", err, yaml)
	}
}

func TestMistakesAreFoundFirst(t *testing.T) {
	for _, test := range []struct {
		name string
		o    printers.Options
		want string
	}{
		{"unknown form", printers.Options{Output: "xml"}, `unable to match a printer suitable for the output format "xml", allowed formats are: ` +
			"custom-columns,custom-columns-file,digest,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,pullspec,template,templatefile,wide,yaml"},
		{"json with an argument", printers.Options{Output: "json=x"}, `unable to match a printer suitable for the output format "json=x", allowed formats are: ` +
			"custom-columns,custom-columns-file,digest,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,pullspec,template,templatefile,wide,yaml; did you mean json?"},
		{"jsonpath", printers.Options{Output: "jsonpath={.items"}, `-o jsonpath: error parsing jsonpath {.items, unclosed action`},
		{"template", printers.Options{Output: "go-template={{"}, `-o go-template: error parsing template {{, template: output:1: unclosed action`},
		{"no template", printers.Options{Output: "go-template"}, `-o go-template: template format specified but no template given`},
		{"no columns", printers.Options{Output: "custom-columns"}, `-o custom-columns: no columns given, want custom-columns=NAME:.metadata.name,IMAGE:.image`},
		{"column", printers.Options{Output: "custom-columns=NAME"}, `-o custom-columns: unexpected column "NAME", want HEADING:PATH`},
		{"column path", printers.Options{Output: "custom-columns=NAME:.a["}, `-o custom-columns: the column NAME: unterminated array`},
		{"sort path", printers.Options{SortBy: "{.a"}, `--sort-by {.a: unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'`},
		{"jq with yaml", printers.Options{JQ: ".", HasJQ: true, Output: "yaml"}, `--jq filters the document of -o json: it cannot go with -o yaml`},
		{"jq with template", printers.Options{JQ: ".", HasJQ: true, Template: "x"}, `--jq filters the document of -o json: it cannot go with --template`},
		{"jq-arg alone", printers.Options{JQArgs: []string{"a=b"}}, `--jq-arg needs --jq`},
		{"jq-arg form", printers.Options{JQ: ".", HasJQ: true, JQArgs: []string{"1=b"}}, `--jq-arg "1=b": want NAME=VALUE with a NAME of letters, digits and underscores`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := printers.NewOutput(options(func(o *printers.Options) { forms := o.Forms; *o = test.o; o.Forms = forms }))
			if err == nil || err.Error() != test.want || fault.KindOf(err) != fault.Usage {
				t.Errorf("got  %v (kind %v)\nwant %s", err, fault.KindOf(err), test.want)
			}
		})
	}
}

func TestSortByWhatNoItemHas(t *testing.T) {
	got, err := print(t, func(o *printers.Options) { o.SortBy = ".nope" })
	want := "--sort-by .nope: couldn't find any field with this path in the list of objects"
	if err == nil || err.Error() != want || fault.KindOf(err) != fault.Usage || got != "" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestFormsOfACommandWithoutTable(t *testing.T) {
	_, err := printers.NewOutput(options(func(o *printers.Options) { o.Forms = printers.Forms{}; o.Output = "wide" }))
	want := `unable to match a printer suitable for the output format "wide", allowed formats are: ` +
		"custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,template,templatefile,yaml"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestSeveralReleases(t *testing.T) {
	second := v1alpha1.NewComponentImageList(v1alpha1.Release{Reference: "oci:y", Version: "4.14.1"},
		[]payload.Component{{Name: "etcd", Image: "q/e@sha256:cc", Digest: "sha256:cc"}})
	output, err := printers.NewOutput(options(func(o *printers.Options) {
		o.JQ, o.HasJQ = ".items[] | select(.metadata.name==\"etcd\") | [.release.version,.digest], .releases", true
	}))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	both := v1alpha1.Merge([]*v1alpha1.ComponentImageList{components(), second})
	if err := output.Print(context.Background(), &b, printers.ComponentImages(both)); err != nil {
		t.Fatal(err)
	}
	want := `["4.14.0","sha256:aa"]` + "\nnull\n" + `["4.14.1","sha256:cc"]` + "\nnull\n"
	if b.String() != want {
		t.Errorf("got %s", b.String())
	}
}

func TestTerminalOutputIsEscaped(t *testing.T) {
	const hostile = "a\x1b[31m\u202e\tb\nc\x00\xff"
	for _, o := range []printers.Options{
		{},
		{Output: "wide"},
		{Output: "name"},
		{Output: "json"},
		{Output: "yaml"},
		{Output: "jsonpath={.items[0].metadata.name}"},
		{Output: "go-template={{(index .items 0).image}}"},
		{Output: "custom-columns=N:.metadata.name"},
		{HasJQ: true, JQ: ".items[0].image"},
		{HasJQ: true, JQ: ".items[0]"},
		{HasJQ: true, JQ: ".items[0]", Color: true},
	} {
		name := hostile + "\x7f\u009b"
		if o.Output == "yaml" {
			name = hostile // YAML itself has no way to hold the others
		}
		list := v1alpha1.NewComponentImageList(v1alpha1.Release{Version: "4.14.0"}, []payload.Component{{Name: name, Image: name}})
		output, err := printers.NewOutput(options(func(all *printers.Options) {
			forms := all.Forms
			*all = o
			all.Forms, all.Terminal = forms, true
		}))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := output.Print(context.Background(), &b, printers.ComponentImages(list)); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if o.Color {
			for _, code := range []string{"0", "34;1", "0;32", "1;39", "0;39", "0;90"} {
				text = strings.ReplaceAll(text, "\x1b["+code+"m", "")
			}
		}
		if strings.ContainsAny(text, "\x1b\x00\x7f\u202e\u009b") || strings.Contains(text, "\xff") {
			t.Errorf("%+v: %q", o, text)
		}
	}
}

// TestPipedLinesAndColumnsAreEscaped: a value stays on one line in terminals and pipes.
func TestPipedLinesAndColumnsAreEscaped(t *testing.T) {
	const hostile = "a\x1b[31m\nb"
	list := v1alpha1.NewComponentImageList(v1alpha1.Release{Version: "4.14.0"}, []payload.Component{{Name: hostile, Image: hostile}})
	for output, want := range map[string]string{
		"name": `a\x1b[31m\nb` + "\n", "pullspec": `a\x1b[31m\nb` + "\n", "digest": `a\x1b[31m\nb` + "\n",
		"custom-columns=N:.metadata.name": "N\n" + `a\x1b[31m\nb` + "\n",
	} {
		o, err := printers.NewOutput(options(func(o *printers.Options) { o.Output = output }))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := o.Print(context.Background(), &b, printers.ComponentImages(list)); err != nil || b.String() != want {
			t.Errorf("%s: got %q, want %q (%v)", output, b.String(), want, err)
		}
	}
}

func TestSafe(t *testing.T) {
	for _, test := range []struct{ in, text, line string }{
		{"plain ünïcode", "plain ünïcode", "plain ünïcode"},
		{"a\tb\nc", "a\tb\nc", `a\tb\nc`},
		{"\x1b[31m", `\x1b[31m`, `\x1b[31m`},
		{"\u202eabc\u2066", `\u202eabc\u2066`, `\u202eabc\u2066`},
		{"\r\x00\x7f", `\r\x00\x7f`, `\r\x00\x7f`},
		{"\xffx\xc3", `\xffx\xc3`, `\xffx\xc3`},
		{"\ufffd", "\ufffd", "\ufffd"},
	} {
		if got := printers.SafeText(test.in); got != test.text {
			t.Errorf("SafeText(%q) = %q, want %q", test.in, got, test.text)
		}
		if got := printers.SafeLine(test.in); got != test.line {
			t.Errorf("SafeLine(%q) = %q, want %q", test.in, got, test.line)
		}
	}
}

// TestListsLikeKubectl compares lists with what cli-runtime's printers print.
func TestListsLikeKubectl(t *testing.T) {
	texts := []string{
		"", " ", "a\n\nb\n", "a\n \n\n  \n\nb", "\n", "- a\n---\n- b\n", "items: []\n", "\n    \"items\": []", "\n  items: [],\n", "]\n}", "#", "é\u2028\u00a0",
		strings.Repeat("a text that is long enough to be folded ", 9), strings.Repeat("word ", 30) + "\n\n  " + strings.Repeat("x", 200) + "\n",
	}
	list := &v1alpha1.ReleaseManifestList{}
	list.APIVersion, list.Kind, list.Release.Reference = "release-x.openshift.io/v1alpha1", "ReleaseManifestList", texts[7]+texts[6]
	for i := range texts {
		object, err := json.Marshal(map[string]any{"spec": []any{texts[:i+1], map[string]any{"text": texts[i], texts[i]: i}}, "empty": map[string]any{}})
		if err != nil {
			t.Fatal(err)
		}
		item := v1alpha1.ReleaseManifest{File: texts[i], Manifest: object}
		item.APIVersion, item.Kind = list.APIVersion, "ReleaseManifest"
		list.Items = append(list.Items, item)
	}
	for _, form := range []string{
		"json", "yaml", "kyaml", "jsonpath={.items}", "jsonpath={.items[*].file} {.kind}", "jsonpath-as-json={.items[*]['file','manifest']}",
		`jsonpath={range .items[*]}{.file}{"\t"}{.manifest.empty}{.document}{"\n"}{end}`, "jsonpath={.items[*].nope}",
		"go-template={{.}}", `go-template={{range .items}}{{.file}} {{.nope}} {{.document}}{{"\n"}}{{end}}`,
		`template={{range .items}}{{exists .manifest "spec" 1 .file}}{{exists .manifest "spec" 7}}{{exists .file 0}}{{exists .nope}}{{exists . "nope"}}{{exists .document 1}}{{end}}`,
		`go-template={{define "a"}}{{.kind}}{{.nope}}{{end}}{{with .items}}{{len .}}{{else}}{{.kind}}{{end}}{{$k := .kind}}{{$k}}{{$k = "x"}}{{if .nope}}1{{else}}{{.nope}}{{template "a" .}}{{block "b" .}}{{.metadata}}{{end}}{{end}}{{1.5}}{{printf "%v" nil}}{{.nope | print}}`,
		`go-template={{base64decode "aGVsbG8="}}`,
	} {
		for _, n := range []int{0, 1, len(list.Items)} {
			t.Run(fmt.Sprintf("%s of %d", form, n), func(t *testing.T) {
				some := *list
				some.Items = list.Items[:n]
				o := withKubectl(printers.Options{Output: form})
				output, err := printers.NewOutput(o)
				if err != nil {
					t.Fatal(err)
				}
				var got, want bytes.Buffer
				printer, err := o.Kubectl()
				if err != nil {
					t.Fatal(err)
				}
				if err := printer.PrintObj(unstructuredList(t, &some), &want); err != nil {
					t.Fatal(err)
				}
				if err := output.Print(context.Background(), &got, printers.View{Document: &some}); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want.String(), got.String()); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// unstructuredList is a document as cli-runtime's printers take it.
func unstructuredList(t *testing.T, document any) kuberuntime.Object {
	t.Helper()
	var raw bytes.Buffer
	encoder := json.NewEncoder(&raw)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		t.Fatal(err)
	}
	var u unstructured.Unstructured
	if err := kubejson.Unmarshal(raw.Bytes(), &u.Object); err != nil {
		t.Fatal(err)
	}
	list, err := u.ToList()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// FuzzOutputFlags checks that any values of the output flags are accepted or are a usage error, and that a caret is below its
// line.
func FuzzOutputFlags(f *testing.F) {
	f.Add(".items[] | | .x", "a=b", "", "")
	f.Add(`"a"|test(["(?!b)", "gx"])|sub("\\1"; ""; "l")`, "", "", "")
	f.Add("input", "", "", "")
	f.Add("\xff\n| $x", "1=", "", "{.a")
	f.Add("", "", "custom-columns=A:.b,C:{.d[*]}", ".metadata.name")
	f.Add("", "", "jsonpath={.items[?(@.a==1)]}", "")
	f.Add("", "", "go-template={{range .}}", "")
	f.Fuzz(func(t *testing.T, jq, argument, output, sortBy string) {
		if form, _, _ := strings.Cut(output, "="); strings.HasSuffix(form, "file") {
			t.Skip("these forms read a file, whose name would be random")
		}
		_, err := printers.NewOutput(options(func(o *printers.Options) {
			o.Output, o.SortBy = output, sortBy
			if jq != "" {
				o.JQ, o.HasJQ = jq, true
			}
			if argument != "" {
				o.JQArgs = []string{argument}
			}
		}))
		if err == nil {
			return
		}
		if fault.KindOf(err) != fault.Usage {
			t.Fatalf("kind %v: %v", fault.KindOf(err), err)
		}
		if mistake, ok := errors.AsType[*printers.SyntaxError](err); ok {
			line, caret, found := strings.Cut(mistake.Caret(), "\n")
			if !found || !strings.HasSuffix(caret, "^") || strings.Contains(caret, "\n") || len([]rune(caret)) > len([]rune(line))+1 {
				t.Fatalf("the caret does not stand under its line:\n%s", mistake.Caret())
			}
		}
	})
}

// heapWriter measures the live heap at its first write and after each 4 MiB.
type heapWriter struct {
	written, next int
	most          uint64
}

func (w *heapWriter) Write(text []byte) (int, error) {
	if w.written += len(text); w.written > w.next {
		w.next = w.written + 4<<20
		w.most = max(w.most, liveHeap())
	}
	return len(text), nil
}

func liveHeap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// manifestList is a list of objects with this JSON.
func manifestList(objects int, object func(i int) string) *v1alpha1.ReleaseManifestList {
	list := v1alpha1.NewReleaseManifestList(v1alpha1.Release{Version: "4.14.0"}, nil, true)
	for i := range objects {
		item := v1alpha1.ReleaseManifest{File: fmt.Sprintf("%d.yaml", i), Manifest: json.RawMessage(object(i))}
		item.APIVersion, item.Kind = list.APIVersion, "ReleaseManifest"
		list.Items = append(list.Items, item)
	}
	return list
}

// TestMemoryOfForms limits the live heap while a list is printed. It decides how much memory the largest payload within the
// default limits needs.
func TestMemoryOfForms(t *testing.T) {
	const (
		MiB   = 1 << 20
		large = 16 // MiB of the texts
		deep  = 90 // levels of the deep object, of which each line is indented
	)
	texts := func() *v1alpha1.ReleaseManifestList {
		return manifestList(large, func(i int) string { return fmt.Sprintf(`{"data":"%s"}`, strings.Repeat("x", MiB)) })
	}
	nested := func() *v1alpha1.ReleaseManifestList {
		return manifestList(1, func(int) string {
			return `{"list":` + strings.Repeat("[", deep) + "1" + strings.Repeat(",1", 80_000) + strings.Repeat("]", deep) + "}"
		})
	}
	for _, test := range []struct {
		name, output, jq string
		list             func() *v1alpha1.ReleaseManifestList
		most             int // MiB that live while the text is written
	}{
		{name: "json", output: "json", list: texts, most: large + 10},
		{name: "yaml", output: "yaml", list: texts, most: large + 10},
		{name: "kyaml", output: "kyaml", list: texts, most: large + 10},
		{name: "jsonpath", output: "jsonpath={.items}", list: texts, most: large + 10},
		{name: "jsonpath-as-json", output: "jsonpath-as-json={.items}", list: texts, most: large + 10},
		{name: "go-template", output: "go-template={{.items}}", list: texts, most: large + 10},
		{name: "jq", jq: ".", list: texts, most: large + 10},
		{name: "json of a deep object", output: "json", list: nested, most: 10},
		{name: "jsonpath-as-json of a deep object", output: "jsonpath-as-json={.items}", list: nested, most: 10},
	} {
		t.Run(test.name, func(t *testing.T) {
			output, err := printers.NewOutput(withKubectl(printers.Options{Output: test.output, JQ: test.jq, HasJQ: test.jq != ""}))
			if err != nil {
				t.Fatal(err)
			}
			before := liveHeap()
			w := &heapWriter{}
			if err := output.Print(context.Background(), w, printers.View{Document: test.list(), Consume: true}); err != nil {
				t.Fatal(err)
			}
			if used := int(w.most-before) >> 20; used > test.most || w.written == 0 {
				t.Errorf("%d MiB live, want at most %d; %d bytes written", used, test.most, w.written)
			} else {
				t.Logf("%d MiB live, %d MiB written", used, w.written>>20)
			}
		})
	}
}

// A template is executed on the values of the document, without encoding and decoding them again.
func TestMemoryOfTemplates(t *testing.T) {
	output, err := printers.NewOutput(withKubectl(printers.Options{Output: "go-template={{len .items}}"}))
	if err != nil {
		t.Fatal(err)
	}
	list := manifestList(16, func(int) string { return fmt.Sprintf(`{"data":"%s"}`, strings.Repeat("x", 1<<20)) })
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var text strings.Builder
	if err := output.Print(context.Background(), &text, printers.View{Document: list, Consume: true}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if allocated := (after.TotalAlloc - before.TotalAlloc) >> 20; text.String() != "16" || allocated > 48 {
		t.Errorf("printed %q, allocated %d MiB for 16 MiB of text", text.String(), allocated)
	} else {
		t.Logf("%d MiB", allocated)
	}
}
