package payload_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// FuzzReferences parses any bytes as image-references. The result is complete and safe in a shell; otherwise the error has a kind.
func FuzzReferences(f *testing.F) {
	f.Add([]byte(`{"kind":"ImageStream","apiVersion":"image.openshift.io/v1","metadata":{"name":"4.14.0"},"spec":{"tags":[{"name":"etcd","annotations":{"io.openshift.build.versions":"a=1.0.0"},"from":{"kind":"DockerImage","name":"` + pullSpec("a") + `"}}]}}`))
	f.Add([]byte("\ufeffkind: ImageStream\napiVersion: image.openshift.io/v1\nspec: {tags: [{name: a}, {name: a, from: {kind: DockerImage, name: x}}]}\n"))
	f.Add([]byte(`{"kind":"ImageStream","spec":{"tags":null}}`))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := payload.Read(payload.Files{Release: []payload.File{{Name: payload.ReferencesName, Data: data}}})
		if err != nil {
			if kind := fault.KindOf(err); kind != fault.NotFound && kind != fault.Integrity {
				t.Fatalf("kind %v: %v", kind, err)
			}
			return
		}
		if !json.Valid(r.References.Raw) {
			t.Fatalf("Raw is not JSON: %q", r.References.Raw)
		}
		for i, c := range r.Components {
			if i > 0 && r.Components[i-1].Name >= c.Name {
				t.Fatalf("%q stands after %q", c.Name, r.Components[i-1].Name)
			}
		}
		variables, err := r.Variables(true)
		if err != nil {
			return
		}
		for _, v := range variables {
			if !payload.SafeValue(v.Value) || strings.Trim(v.Name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
				t.Fatalf("not safe in a shell: %q=%q", v.Name, v.Value)
			}
		}
	})
}
