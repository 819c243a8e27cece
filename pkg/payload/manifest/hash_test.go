package manifest_test

import (
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// The hashes were worked out with another program: FNV-1 over the two texts, YAML as compact JSON and JSON as it
// stands, without the spaces around it.
func TestHash(t *testing.T) {
	web := config("web").String()
	key := `{ "kind": "Secret", "apiVersion": "v1", "metadata": {"name": "key", "annotations": ` +
		`{"include.release.openshift.io/self-managed-high-availability": "true"}}, "data": {"a": 1.50} }`
	tests := map[string]struct {
		files payload.Files
		want  string
	}{
		"nothing":         {payload.Files{}, "y_Kc5IQiIyU="},
		"nothing to load": {payload.Files{Release: []payload.File{file("a.yaml", config("a").plain().String())}}, "y_Kc5IQiIyU="},
		"YAML, then JSON": {payload.Files{Release: []payload.File{file("a.yaml", web), file("b.json", "\n "+key+"\n\n")}}, "r7qL92Oug4k="},
		"with what is excluded": {payload.Files{Release: []payload.File{
			file("a.yaml", "# comment\n---\n"+web, config("x").with("exclude.release.openshift.io/me=true").String()), file("b.json", key),
		}}, "r7qL92Oug4k="},
		"two folders": {payload.Files{Operator: []payload.File{file("z.yaml", web)}, Release: []payload.File{file("a.json", key)}}, "r7qL92Oug4k="},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			loaded := manifest.Load(test.files, manifest.Render{})
			entries, _ := manifest.Evaluate(loaded.Objects, manifest.Settings{ExcludeIdentifier: "me"})
			if got, err := manifest.Hash(entries); err != nil || got != test.want {
				t.Errorf("%q, %v, want %q", got, err, test.want)
			}
		})
	}
}

// A cluster refuses a payload with an invalid object, so there is no hash, even if nobody would load the object.
func TestNoHash(t *testing.T) {
	entries, _ := manifest.Evaluate(load(file("a.yaml", config("a").String(), "kind: List\n")).Objects, manifest.Settings{})
	hash, err := manifest.Hash(entries)
	want := "no payload hash: a cluster refuses the payload, release-manifests/a.yaml: document 2: required field name is missing: the operator takes no lists"
	if hash != "" || err == nil || err.Error() != want || fault.KindOf(err) != fault.Integrity {
		t.Errorf("%q, %v", hash, err)
	}
}
