package manifest_test

import (
	"bytes"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

func TestConverted(t *testing.T) {
	files := payload.Files{Release: []payload.File{
		{Name: "0000_10_a.yaml", Data: []byte("kind: A\nmetadata: {name: a}\n---\nkind: B\nmetadata: {name: b}\nspec: {b: 1, a: 2}\n")},
		{Name: "0000_20_c.json", Data: []byte(`{"kind": "C", "metadata": {"name": "c"}}`)},
	}}
	loaded := manifest.Load(files, manifest.Render{})
	want := make([][]byte, len(loaded.Objects))
	for i, o := range loaded.Objects {
		want[i], _ = o.JSON()
	}
	converted := loaded.Convert()
	if converted == nil {
		t.Fatal("nothing was converted")
	}
	objects, ok := converted.Objects(len(want))
	if !ok {
		t.Fatal("the JSON cannot be read")
	}
	read := manifest.LoadJSONWithin(document.Limits{}, nil, loaded.Index(), objects, manifest.Render{})
	for i, o := range read.Objects {
		if got, err := o.JSON(); err != nil || !bytes.Equal(got, want[i]) || o.Raw() != nil {
			t.Errorf("object %d: got %s, %v, want %s", i, got, err, want[i])
		}
	}
	for name, damaged := range map[string]manifest.Converted{
		"another count":    {Sizes: converted.Sizes[:2], Text: converted.Text},
		"other sizes":      {Sizes: []int{1, 2, 3}, Text: converted.Text},
		"a negative size":  {Sizes: []int{-1, 2, 3}, Text: converted.Text},
		"a huge size":      {Sizes: []int{1, 2, 1 << 40}, Text: converted.Text},
		"sizes that wrap":  {Sizes: []int{1 << 62, 1 << 62, 1 << 62}, Text: converted.Text},
		"no text":          {Sizes: converted.Sizes},
		"a text that ends": {Sizes: converted.Sizes, Text: converted.Text[:len(converted.Text)-3]},
	} {
		if _, ok := damaged.Objects(3); ok {
			t.Errorf("%s is accepted", name)
		}
	}
	broken := payload.Files{Release: []payload.File{{Name: "0000_10_a.yaml", Data: []byte("a: [\n")}}}
	if manifest.Load(broken, manifest.Render{}).Convert() != nil {
		t.Error("a document that cannot be read was converted")
	}
}
