package manifest_test

import (
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// object is a manifest. The default profile includes it unless its annotations say otherwise.
type object struct {
	apiVersion, kind, namespace, name string
	annotations                       []string
	body                              string
}

func config(name string) object {
	return object{
		apiVersion: "v1", kind: "ConfigMap", name: name,
		annotations: []string{"include.release.openshift.io/self-managed-high-availability=true"},
	}
}

func (o object) of(apiVersion, kind string) object {
	o.apiVersion, o.kind = apiVersion, kind
	return o
}

func (o object) in(namespace string) object {
	o.namespace = namespace
	return o
}

// with adds annotations KEY=VALUE.
func (o object) with(annotations ...string) object {
	o.annotations = append(o.annotations[:len(o.annotations):len(o.annotations)], annotations...)
	return o
}

// plain removes the annotations.
func (o object) plain() object {
	o.annotations = nil
	return o
}

func (o object) holding(body string) object {
	o.body = body
	return o
}

func (o object) String() string {
	var out strings.Builder
	out.WriteString("apiVersion: " + o.apiVersion + "\nkind: " + o.kind + "\nmetadata:\n  name: " + o.name + "\n")
	if o.namespace != "" {
		out.WriteString("  namespace: " + o.namespace + "\n")
	}
	if len(o.annotations) > 0 {
		out.WriteString("  annotations:\n")
	}
	for _, annotation := range o.annotations {
		key, value, _ := strings.Cut(annotation, "=")
		out.WriteString("    " + key + ": \"" + value + "\"\n")
	}
	out.WriteString(o.body)
	return out.String()
}

// file returns a file of several documents.
func file(name string, documents ...string) payload.File {
	text := strings.Join(documents, "---\n")
	return payload.File{Name: name, Size: int64(len(text)), Data: []byte(text)}
}

func texts(objects ...object) []string {
	var list []string
	for _, o := range objects {
		list = append(list, o.String())
	}
	return list
}

// load reads a release of the given files.
func load(files ...payload.File) *manifest.Payload {
	return manifest.Load(payload.Files{Release: files}, manifest.Render{})
}

// read loads a release of the given files and fails on warnings.
func read(t testing.TB, files ...payload.File) []*manifest.Object {
	t.Helper()
	loaded := load(files...)
	if len(loaded.Warnings) > 0 {
		t.Fatalf("warnings: %v", loaded.Warnings)
	}
	return loaded.Objects
}
