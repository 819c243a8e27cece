package extract_test

import (
	"testing"

	"github.com/release-x/oc-release-x/internal/recorded"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/extract"
)

func TestIsPayloadName(t *testing.T) {
	for name, want := range map[string]bool{
		"image-references": true, "release-metadata": true, "0000_50_etcd-operator_01_crd.yaml": true, "0000_90_x.json": true,
		"0000_10-helm-chart-repository.crd.yaml": true, "0000_50.yml": true, "0000_50_script.sh": true,
		"": false, "notes.txt": false, "my-own.yaml": false, "01_deploy.yaml": false, "0000_5.yaml": false,
		"a000_50_x.yaml": false, "0000-50_x.yaml": false, "image-references.yaml": false, "IMAGE-REFERENCES": false,
	} {
		if got := extract.IsPayloadName(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func TestIsPayloadNameOfTheRealRelease(t *testing.T) {
	files := recorded.Files(t, recorded.Version)
	for _, folder := range [][]payload.File{files.Release, files.Operator} {
		for _, f := range folder {
			if !extract.IsPayloadName(f.Name) {
				t.Errorf("%s is not", f.Name)
			}
		}
	}
}
