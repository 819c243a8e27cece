package printers

import (
	"bytes"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	kubejson "k8s.io/apimachinery/pkg/util/json"
)

// marshal is a document as JSON, without the escapes that browsers want.
func marshal(document any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return nil, fmt.Errorf("encoding the document: %w", err)
	}
	return b.Bytes(), nil
}

// content is a document as unstructured content: whole numbers stay exact in it up to 2^63.
func content(document any) (map[string]any, error) {
	raw, err := marshal(document)
	if err != nil {
		return nil, err
	}
	fields := map[string]any{}
	if err := kubejson.Unmarshal(raw, &fields); err != nil {
		return nil, fmt.Errorf("reading the document back: %w", err)
	}
	return fields, nil
}

// object is the content as cli-runtime's printers take it.
func object(fields map[string]any) (runtime.Object, error) {
	u := &unstructured.Unstructured{Object: fields}
	if !u.IsList() {
		return u, nil
	}
	return u.ToList()
}

// items are the items of a list, nil for a document that is no list.
func items(fields map[string]any) []any {
	list, _ := fields["items"].([]any)
	return list
}

// exact is the document with every number as it is written, which is what jq wants.
func exact(document any) (any, error) {
	raw, err := marshal(document)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("reading the document back: %w", err)
	}
	return value, nil
}
