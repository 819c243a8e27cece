package printers

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// printObject prints a document with cli-runtime's printer. In json, yaml and kyaml it gets the items of a list one by one,
// because it holds what it prints several times.
func (out *Output) printObject(w io.Writer, document any) error {
	envelope, items := takeApart(document)
	place, ok := placeOf(out.form)
	if !ok || len(items) == 0 {
		values, err := content(document)
		if err != nil {
			return err
		}
		return out.printValues(w, values)
	}
	list, err := fields(envelope)
	if err != nil {
		return err
	}
	empty, err := out.printed(list)
	if err != nil {
		return err
	}
	before, after, found := strings.Cut(empty, place.empty)
	if !found {
		return fmt.Errorf("-o %s: the list has no place for its items", out.form)
	}
	before, after = before+place.start, place.end+after
	io.WriteString(w, before)
	for i, item := range items {
		values, err := fields(item)
		if err != nil {
			return err
		}
		list["items"] = []any{values}
		text, err := out.printed(list)
		if err != nil {
			return err
		}
		if i > 0 {
			io.WriteString(w, place.between)
		}
		// From the second document on, the printer of YAML writes a separator before it.
		text = strings.TrimPrefix(text[:len(text)-len(after)], "---\n")
		io.WriteString(w, text[len(strings.TrimPrefix(before, "---\n")):])
	}
	_, err = io.WriteString(w, after)
	return err
}

// place says how a form of cli-runtime writes the items of a list.
type place struct {
	empty               string // a list without items
	start, between, end string
}

func placeOf(form string) (place, bool) {
	switch strings.ToLower(form) {
	case "json":
		return place{"\n    \"items\": []", "\n    \"items\": [\n        ", ",\n        ", "\n    ]"}, true
	case "yaml":
		return place{"\nitems: []\n", "\nitems:\n", "", ""}, true
	case "kyaml":
		return place{"\n  items: [],\n", "\n  items: [", ", ", "],\n"}, true
	}
	return place{}, false
}

// printed is a document as cli-runtime's printer writes it.
func (out *Output) printed(values map[string]any) (string, error) {
	var b bytes.Buffer
	err := out.printValues(&b, values)
	return b.String(), err
}

func (out *Output) printValues(w io.Writer, values map[string]any) error {
	o, err := object(values)
	if err != nil {
		return err
	}
	if err := out.kubectl.PrintObj(o, w); err != nil {
		return fault.Errorf(fault.Usage, "-o %s: %w", out.form, err)
	}
	return nil
}

// object is the content as cli-runtime's printers take it.
func object(values map[string]any) (runtime.Object, error) {
	u := &unstructured.Unstructured{Object: values}
	if !u.IsList() {
		return u, nil
	}
	return u.ToList()
}
