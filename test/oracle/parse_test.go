package oracle

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	operator "github.com/openshift/library-go/pkg/manifest"

	"github.com/release-x/oc-release-x/internal/fixture"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// parsed has the values that both readers must agree on.
type parsed struct {
	Group, Version, Kind, Namespace, Name string
	JSON                                  string
	Annotated                             bool
}

// theirs reads a file like the operator.
func theirs(data []byte) ([]parsed, error) {
	manifests, err := operator.ParseManifests(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	var list []parsed
	for _, m := range manifests {
		p := parsed{
			Group: m.GVK.Group, Version: m.GVK.Version, Kind: m.GVK.Kind, Namespace: m.Obj.GetNamespace(), Name: m.Obj.GetName(),
			JSON: string(m.Raw), Annotated: m.Obj.GetAnnotations() != nil,
		}
		list = append(list, p)
	}
	return list, nil
}

// ours reads a file; refused means that one of its objects has a problem.
func ours(t testing.TB, data []byte) (list []parsed, refused bool) {
	t.Helper()
	loaded := manifest.Load(payload.Files{Release: []payload.File{{Name: "a.yaml", Data: data}}}, manifest.Render{})
	for _, o := range loaded.Objects {
		if o.Problem != "" {
			refused = true
			continue
		}
		object, err := o.JSON()
		if err != nil {
			t.Fatalf("%s has no JSON: %v", o.ID(), err)
		}
		list = append(list, parsed{
			Group: o.Group, Version: o.Version, Kind: o.Kind, Namespace: o.Namespace, Name: o.Name, JSON: string(object), Annotated: o.Annotated,
		})
	}
	return list, refused
}

func agree(t testing.TB, data []byte) {
	t.Helper()
	want, err := theirs(data)
	got, refused := ours(t, data)
	if (err != nil) != refused {
		t.Fatalf("the operator says %v, refused here: %t\n%q", err, refused, data)
	}
	if err != nil {
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("objects (-operator +ours):\n%s\n%q", diff, data)
	}
}

// Both readers agree on every file of two releases.
func TestParseReleases(t *testing.T) {
	for _, version := range []string{fixture.Version, "4.22.1-x86_64"} {
		t.Run(version, func(t *testing.T) {
			for _, file := range fixture.Release(t, version).Release {
				if payload.IsManifestName(file.Name) {
					agree(t, file.Data)
				}
			}
		})
	}
}

// Both readers agree on arbitrary bytes.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"", "\t", "---\n", "a: b\n---\n", "kind: A\nmetadata:\n  name: b\n",
		"kind: A\nmetadata:\n  name: b\n---\nkind: A\nmetadata:\n  name: b\n",
		"kind: A\nmetadata:\n  name: b\n  annotations:\n    a: b\n    c: true\n",
		"kind: A\nmetadata: {name: b, annotations: {}}\n", "kind: A\nmetadata: {name: b, annotations: {a: ~}}\n",
		"kind: A\r\nmetadata:\r\n  name: b\r\n--- # c\r\nkind: B\r\nmetadata:\r\n  name: c\r\n",
		"\ufeffkind: A\nmetadata:\n  name: b\n", "%YAML 1.1\n---\nkind: A\nmetadata:\n  name: b\n",
		"kind: A\nmetadata:\n  name: b\n--- x\n", "--- x\nkind: A\nmetadata:\n  name: b\n", "---# x\nkind: A\nmetadata:\n  name: b\n",
		"kind: A\nmetadata:\n  name: b\n...\nkind: [\n", "{kind: A, metadata: {name: b}}", " \n{\"kind\":\"A\",\"metadata\":{\"name\":\"b\"}}",
		"{\"kind\":\"A\",\"metadata\":{\"name\":\"b\"}}{\"kind\":\"B\",\"metadata\":{\"name\":\"b\"}}\n---\nkind: A\n",
		"{\"kind\":\"A\",\"metadata\":{\"name\":\"b\"}}\n---\nkind: C\nmetadata:\n  name: b\n", "{\"kind\":5,\"kind\":\"A\",\"metadata\":{\"name\":\"b\"}}",
		"{\"kind\":\"A\",\"metadata\":{\"name\":\"b\"},\"x\":1e999}", "null null {", "{}", "[]", "a", "5", "{\"Kind\":5}", "KIND: 5\nkind: A\nmetadata: {name: b}\n",
		"apiVersion: a/b/c\nkind: A\nmetadata: {name: b}\n", "apiVersion: /\nkind: A\nmetadata: {name: b}\n", "apiVersion: [v1]\nkind: A\nmetadata: {name: b}\n",
		"kind: A\nmetadata: [name]\n", "kind: A\nmetadata:\n  name: b\n  namespace: 5\n", "kind: A\nmetadata:\n  name: b\n\r---\n", "kind: A\nmetadata:\n  name: b\r",
		"kind: A\nmetadata:\n  name: b\nx: .inf\n", "kind: A\nmetadata:\n  name: b\n18446744073709551615: c\n", "a: &a b\nkind: *a\nmetadata: {name: *a}\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 100_000 {
			agree(t, data)
		}
	})
}
