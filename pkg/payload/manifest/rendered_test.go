package manifest_test

import (
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

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
		t.Errorf("what is rendered is rendered again: %s, %v", text, err)
	}
}
