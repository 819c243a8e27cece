package manifest_test

import (
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// The hashes were computed with another program: FNV-1 over the YAML as compact JSON and the JSON as it is, without the spaces
// around it.
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
		"with excluded objects": {payload.Files{Release: []payload.File{
			file("a.yaml", "# comment\n---\n"+web, config("x").with("exclude.release.openshift.io/me=true").String()), file("b.json", key),
		}}, "r7qL92Oug4k="},
		"two directories": {payload.Files{Operator: []payload.File{file("z.yaml", web)}, Release: []payload.File{file("a.json", key)}}, "r7qL92Oug4k="},
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

// A cluster refuses a payload with an invalid object, even if it would not load the object. If an object only exceeds a limit of
// this program, the error does not mention a cluster.
func TestNoHash(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"a list": {"kind: List\n", "a cluster refuses the payload, release-manifests/a.yaml: document 2: required field name is missing: the operator takes no lists"},
		"five megabytes": {
			"kind: A\nmetadata:\n  name: x\ndata: " + strings.Repeat("x", 5<<20) + "\n",
			"release-manifests/a.yaml: document 2: the document has 5242915 bytes, more than the 4194304 that this program reads; etcd takes objects of up to 1.5 MiB",
		},
		"many values": {
			"kind: A\nmetadata:\n  name: x\ndata: [" + strings.Repeat("1,", 600_000) + "1]\n",
			"release-manifests/a.yaml: document 2: the document has more than the 100000 values that this program reads",
		},
	} {
		t.Run(name, func(t *testing.T) {
			objects := load(file("a.yaml", config("a").String(), test.text)).Objects
			entries, _ := manifest.Evaluate(objects, manifest.Settings{})
			hash, err := manifest.Hash(entries)
			want := "no payload hash: " + test.want
			if hash != "" || err == nil || err.Error() != want || fault.KindOf(err) != fault.Integrity {
				t.Errorf("%q, %v, want %s", hash, err, want)
			}
			if reason := entries[1].Reason; !strings.HasSuffix(want, "document 2: "+reason) || entries[1].State != manifest.Invalid {
				t.Errorf("%s: %s", entries[1].State, reason)
			}
		})
	}
}
