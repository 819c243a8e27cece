package impact_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/diff/impact"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// FuzzSchemas compares pairs of CustomResourceDefinitions with any schemas. A schema compared with itself has no findings, and the
// findings have the same order every time.
func FuzzSchemas(f *testing.F) {
	f.Add(`{"type":"object","properties":{"a":{"type":"string","enum":["x","y"]}}}`, `{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}`)
	f.Add(`{"type":"object","additionalProperties":{"type":"string","maxLength":1e999}}`, `{"additionalProperties":false,"x-kubernetes-preserve-unknown-fields":true}`)
	f.Add(`{"type":"array","items":{"type":"object","required":["b","a"]},"maxItems":5}`, `{"type":"array","items":[],"minItems":-1,"x-kubernetes-list-type":"map"}`)
	f.Add(`{"x-kubernetes-validations":[{"rule":"a"},1],"not":{},"allOf":[{}]}`, `{"anyOf":[{},{}],"oneOf":{},"nullable":true,"format":"x","pattern":"("}`)
	f.Fuzz(func(t *testing.T, old, new string) {
		if len(old)+len(new) > 4096 || !json.Valid([]byte(old)) || !json.Valid([]byte(new)) {
			return
		}
		text := func(schema string) files {
			return files{"0000_50_a_1.json": strings.ReplaceAll(strings.Replace(`{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
				"metadata":{"name":"x","annotations":{"include.release.openshift.io/self-managed-high-availability":"true"}},
				"spec":{"versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":SCHEMA}}]}}`, "SCHEMA", schema, 1), "\n", " ")}
		}
		a, b := newSide(t, "4.18.1", text(old), manifest.Settings{}), newSide(t, "4.19.1", text(new), manifest.Settings{})
		for _, e := range append(a.Entries, b.Entries...) {
			if e.Problem != "" {
				return
			}
		}
		first := lines(find(t, a, b, impact.Options{}))
		if diff := cmp.Diff(first, lines(find(t, a, b, impact.Options{}))); diff != "" {
			t.Errorf("the second time: %s", diff)
		}
		if same := lines(find(t, a, newSide(t, "4.19.1", text(" "+old), manifest.Settings{}), impact.Options{})); len(same) > 0 {
			t.Errorf("%s with itself: %v", old, same)
		}
	})
}
