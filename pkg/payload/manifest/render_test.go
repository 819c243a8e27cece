package manifest_test

import (
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

func TestRender(t *testing.T) {
	render := manifest.Render{ReleaseImage: "quay.io/o/r@sha256:1", ClusterProfile: "hypershift", Images: map[string]string{"cli": "quay.io/o/c@sha256:2"}}
	tests := map[string]struct{ text, want, problem string }{
		"plain":           {text: "a: b\n", want: "a: b\n"},
		"release image":   {text: "image: {{.ReleaseImage}}", want: "image: quay.io/o/r@sha256:1"},
		"profile":         {text: `{{ if eq .ClusterProfile "hypershift" }}a{{ else }}b{{ end }}`, want: "a"},
		"image":           {text: "{{ .Images.cli }}", want: "quay.io/o/c@sha256:2"},
		"missing image":   {text: "{{ .Images.foo }}", want: "<no value>"},
		"missing index":   {text: `<{{ index .Images "foo-bar" }}>`, want: "<>"},
		"braces as text":  {text: `{{ "{{ $labels.name }}" }}`, want: "{{ $labels.name }}"},
		"loop":            {text: "{{ range $k, $v := .Images }}{{ $k }}={{ with $v }}{{ . }}{{ end }}{{ else }}none{{ end }}", want: "cli=quay.io/o/c@sha256:2"},
		"functions":       {text: `{{ printf "%05d" 42 }} {{ print "a" 1 }} {{ html "<" }} {{ len .Images }}`, want: "00042 a1 &lt; 1"},
		"unknown field":   {text: "{{ .Nothing }}", problem: "can't evaluate field Nothing"},
		"broken":          {text: "{{ if }}", problem: "missing value for if"},
		"unclosed":        {text: "{{ .ReleaseImage", problem: "unclosed action"},
		"own templates":   {text: `{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}`, problem: "it defines templates of its own"},
		"itself":          {text: `a{{ template "manifest" }}`, problem: "it calls templates"},
		"hidden call":     {text: `{{ if true }}{{ with 1 }}{{ else }}{{ template "manifest" }}{{ end }}{{ end }}`, problem: "it calls templates"},
		"long loop":       {text: "{{ range 1000000000000 }}{{ end }}", problem: "it loops over more than a field"},
		"loop in a loop":  {text: "{{ range .Images }}{{ range $.Images }}{{ end }}{{ end }}", problem: "it loops over more than a field"},
		"loop over calls": {text: "{{ range (index .Images) }}{{ end }}", problem: "it loops over more than a field"},
		"doubling":        {text: `{{ $a := "xxxxxxxxxxxxxxxx" }}` + strings.Repeat(`{{ $a = printf "%s%s" $a $a }}`, 40), problem: "the template produces too long strings"},
		"wide":            {text: strings.Repeat(`{{ $a := printf "%999999d" 1 }}`, 40), problem: "the template produces too long strings"},
		"long format":     {text: `{{ printf "` + strings.Repeat("%9999d", 100) + `" }}`, problem: "a format has more than 256 bytes"},
		"long output":     {text: strings.Repeat(`{{ .ReleaseImage }}`, 10) + `{{ $a := printf "%999999d" 1 }}` + strings.Repeat("{{ $a }}", 20), problem: "it renders to more than 16777216 bytes"},
		"long template":   {text: "{{/*" + strings.Repeat(" ", 4<<20) + "*/}}", problem: "the template has 4194312 bytes, more than 4194304"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := render.Execute([]byte(test.text))
			if test.problem != "" {
				if err == nil || !strings.Contains(err.Error(), test.problem) {
					t.Fatalf("%.100q, %v, want %q", got, err, test.problem)
				}
				return
			}
			if err != nil || string(got) != test.want {
				t.Errorf("%q, %v, want %q", got, err, test.want)
			}
		})
	}
}

// Only the operator's directory is rendered. The release's manifests have braces that are not templates.
func TestRenderedDirectory(t *testing.T) {
	text := config("a").holding("data:\n  image: '{{.ReleaseImage}}'\n").String()
	loaded := manifest.Load(payload.Files{Operator: []payload.File{file("a.yaml", text)}, Release: []payload.File{file("a.yaml", text)}},
		manifest.Render{ReleaseImage: "quay.io/o/r"})
	for i, want := range []string{"quay.io/o/r", "{{.ReleaseImage}}"} {
		if !loaded.Objects[i].Mentions(want) {
			t.Errorf("%s: %s", loaded.Objects[i].Directory, loaded.Objects[i].Raw())
		}
	}
}

func TestRendered(t *testing.T) {
	for text, want := range map[string]bool{
		"image: '{{.ReleaseImage}}'":             false,
		`image: '{{ index .Images "etcd" }}'`:    false,
		"{{ if eq .ClusterProfile `x` }}{{end}}": false,
		"summary: {{ $labels.pod }} is down":     true,
		"{{ .ReleaseImages }}":                   true,
		"plain":                                  true,
	} {
		if got := manifest.Rendered([]payload.File{{Data: []byte("plain")}, {Data: []byte(text)}}); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	done := manifest.Render{Done: true}
	if text, err := done.Execute([]byte("{{ $labels }}")); err != nil || string(text) != "{{ $labels }}" {
		t.Errorf("rendered again: %s, %v", text, err)
	}
}
