package printers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// heapWriter measures the live heap at its first write and after each 4 MiB.
type heapWriter struct {
	written, next int
	most          uint64
}

func (w *heapWriter) Write(text []byte) (int, error) {
	if w.written += len(text); w.written > w.next {
		w.next = w.written + 4<<20
		w.most = max(w.most, liveHeap())
	}
	return len(text), nil
}

func liveHeap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// manifestList is a list of objects with this JSON.
func manifestList(objects int, object func(i int) string) *v1alpha1.ReleaseManifestList {
	list := v1alpha1.NewReleaseManifestList(v1alpha1.Release{Version: "4.14.0"}, nil, true)
	for i := range objects {
		item := v1alpha1.ReleaseManifest{File: fmt.Sprintf("%d.yaml", i), Manifest: json.RawMessage(object(i))}
		item.APIVersion, item.Kind = list.APIVersion, "ReleaseManifest"
		list.Items = append(list.Items, item)
	}
	return list
}

// Printing holds the text of a list at most as often as the form needs it. That decides how much memory the largest payload
// takes that the limits admit.
func TestMemoryOfForms(t *testing.T) {
	const (
		MiB   = 1 << 20
		large = 16 // MiB of the texts
		deep  = 90 // levels of the deep object, of which each line is indented
	)
	texts := func() *v1alpha1.ReleaseManifestList {
		return manifestList(large, func(i int) string { return fmt.Sprintf(`{"data":"%s"}`, strings.Repeat("x", MiB)) })
	}
	nested := func() *v1alpha1.ReleaseManifestList {
		return manifestList(1, func(int) string {
			return `{"list":` + strings.Repeat("[", deep) + "1" + strings.Repeat(",1", 80_000) + strings.Repeat("]", deep) + "}"
		})
	}
	for _, test := range []struct {
		name, output, jq string
		list             func() *v1alpha1.ReleaseManifestList
		most             int // MiB that live while the text is written
	}{
		{name: "json", output: "json", list: texts, most: large + 5},
		{name: "yaml", output: "yaml", list: texts, most: large + 8},
		{name: "kyaml", output: "kyaml", list: texts, most: large + 8},
		{name: "jsonpath", output: "jsonpath={.items}", list: texts, most: large + 3},
		{name: "jsonpath-as-json", output: "jsonpath-as-json={.items}", list: texts, most: large + 3},
		{name: "go-template", output: "go-template={{.items}}", list: texts, most: large + 3},
		{name: "jq", jq: ".", list: texts, most: large + 3},
		{name: "json of a deep object", output: "json", list: nested, most: 8},
		{name: "jsonpath-as-json of a deep object", output: "jsonpath-as-json={.items}", list: nested, most: 8},
	} {
		t.Run(test.name, func(t *testing.T) {
			output, err := printers.NewOutput(withKubectl(printers.Options{Output: test.output, JQ: test.jq, HasJQ: test.jq != ""}))
			if err != nil {
				t.Fatal(err)
			}
			before := liveHeap()
			w := &heapWriter{}
			if err := output.Print(context.Background(), w, printers.View{Document: test.list(), Consume: true}); err != nil {
				t.Fatal(err)
			}
			if used := int(w.most-before) >> 20; used > test.most || w.written == 0 {
				t.Errorf("%d MiB live, want at most %d; %d bytes written", used, test.most, w.written)
			} else {
				t.Logf("%d MiB live, %d MiB written", used, w.written>>20)
			}
		})
	}
}

// A template is executed on the values of the document, which are not encoded and decoded again for it.
func TestMemoryOfTemplates(t *testing.T) {
	output, err := printers.NewOutput(withKubectl(printers.Options{Output: "go-template={{len .items}}"}))
	if err != nil {
		t.Fatal(err)
	}
	list := manifestList(16, func(int) string { return fmt.Sprintf(`{"data":"%s"}`, strings.Repeat("x", 1<<20)) })
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var text strings.Builder
	if err := output.Print(context.Background(), &text, printers.View{Document: list, Consume: true}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if allocated := (after.TotalAlloc - before.TotalAlloc) >> 20; text.String() != "16" || allocated > 48 {
		t.Errorf("printed %q, allocated %d MiB for 16 MiB of text", text.String(), allocated)
	} else {
		t.Logf("%d MiB", allocated)
	}
}
