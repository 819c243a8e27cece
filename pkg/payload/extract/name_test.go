package extract_test

import (
	"testing"

	"github.com/release-x/oc-release-x/internal/recorded"
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
	files := recorded.Files(t, recorded.Version)
	for _, folder := range [][]payload.File{files.Release, files.Operator} {
		for _, f := range folder {
			want := f.Name != "0000_50_cluster-kube-apiserver-operator_gensccroles.sh"
			if got := extract.IsPayloadName(f.Name); got != want {
				t.Errorf("%s: %v", f.Name, got)
			}
		}
	}
}

func TestIsPayloadFile(t *testing.T) {
	const (
		object     = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"
		metadata   = `{"kind": "cincinnati-metadata-v0", "version": "4.14.0"}`
		references = `{"kind": "ImageStream", "apiVersion": "image.openshift.io/v1", "spec": {"tags": [{"name": "a"}]}}`
	)
	for _, test := range []struct {
		name, data string
		want       bool
	}{
		{"image-references", references, true},
		{"image-references", object, false},
		{"image-references", "", false},
		{"release-metadata", metadata, true},
		{"release-metadata", "{}", false},
		{"0000_50_a.yaml", object, true},
		{"0000_50_a.yaml", "# nothing\n---\na: b\n---\n" + object, true},
		{"0000_50_a.json", references, true},
		{"0000_50_a.yaml", "", false},
		{"0000_50_a.yaml", "apiVersion: v1\n", false},
		{"0000_50_a.yaml", "kind: Secret\nmetadata: {name: a}\n", false},
		{"0000_50_a.yaml", "- hosts: all\n", false},
		{"0000_50_a.yaml", "a: [\n", false},
		{"0000_50_a.sh", object, false},
		{"my-own.yaml", object, false},
	} {
		if got := extract.IsPayloadFile(test.name, []byte(test.data)); got != test.want {
			t.Errorf("%s with %q: %v", test.name, test.data, got)
		}
	}
}
