package extract_test

import (
	"testing"

	"github.com/release-x/oc-release-x/internal/fixture"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/extract"
)

func TestIsPayloadName(t *testing.T) {
	for name, want := range map[string]bool{
		"image-references": true, "release-metadata": true,
		"0000_50_etcd-operator_01_crd.yaml": true, "0000_90_x.json": true, "0000_00_x.yml": true,
		"": false, "notes.txt": false, "my-own.yaml": false, "01_deploy.yaml": false, "0000_5.yaml": false,
		"a000_50_x.yaml": false, "0000-50_x.yaml": false, "image-references.yaml": false, "IMAGE-REFERENCES": false,
		"0000_50_script.sh": false, "0000_50_x.yaml.bak": false, "0000_50_x.YAML": false, "0000_50_": false,
		"0000_10-helm-chart-repository.crd.yaml": false, "0000_50.yml": false, "0000_500_x.yaml": false, "0000_5a_x.yaml": false,
		"2014_10_12_000000_create_users_table.php": false, "2024_05_beach.jpg": false, "2024_05_notes.yaml": false,
	} {
		if got := extract.IsPayloadName(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func TestIsPayloadNameOfTheRealRelease(t *testing.T) {
	files := fixture.Release(t, fixture.Version)
	for _, list := range [][]payload.File{files.Release, files.Operator} {
		for _, f := range list {
			want := f.Name != "0000_50_cluster-kube-apiserver-operator_gensccroles.sh"
			if got := extract.IsPayloadName(f.Name); got != want {
				t.Errorf("%s: %v", f.Name, got)
			}
		}
	}
}
