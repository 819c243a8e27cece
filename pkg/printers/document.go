package printers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	kubejson "k8s.io/apimachinery/pkg/util/json"
)

// marshal encodes a document as JSON. HTML characters are not escaped.
func marshal(document any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return nil, fmt.Errorf("encoding the document: %w", err)
	}
	return b.Bytes(), nil
}

// splitList returns a list document without its items, and the items. items is nil if the document is not a list. Items are
// converted one by one, because the conversion of a long list at once takes several times its memory.
func splitList(document any) (envelope any, items []any) {
	field := itemsOf(document)
	if !field.IsValid() {
		return document, nil
	}
	items = make([]any, field.Len())
	for i := range items {
		items[i] = field.Index(i).Interface()
	}
	value := reflect.Indirect(reflect.ValueOf(document))
	empty := reflect.New(value.Type()).Elem()
	empty.Set(value)
	empty.FieldByName("Items").Set(reflect.MakeSlice(field.Type(), 0, 0))
	return empty.Interface(), items
}

// itemsOf returns the field of a list document that holds its items, the zero Value for other documents.
func itemsOf(document any) reflect.Value {
	value := reflect.Indirect(reflect.ValueOf(document))
	if value.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	field := value.FieldByName("Items")
	if !field.IsValid() || field.Kind() != reflect.Slice {
		return reflect.Value{}
	}
	return field
}

// values converts the document of a view to maps, slices and scalars, each item of a list with convert. If the view allows
// it, the items are removed from the document: each is freed when its values are made, so that the whole list is never held
// twice.
func (v View) values(convert func(any) (map[string]any, error)) (map[string]any, error) {
	envelope, items := splitList(v.Document)
	if field := itemsOf(v.Document); v.Consume && field.IsValid() && field.CanSet() {
		field.SetZero()
	}
	values, err := convert(envelope)
	if err != nil || len(items) == 0 {
		return values, err
	}
	for i, item := range items {
		if items[i], err = convert(item); err != nil {
			return nil, err
		}
	}
	values["items"] = items
	return values, nil
}

// toValues converts a document as Kubernetes does: integers are int64 up to 2^63, other numbers float64.
func toValues(document any) (map[string]any, error) {
	raw, err := marshal(document)
	if err != nil {
		return nil, err
	}
	values := map[string]any{}
	if err := kubejson.Unmarshal(raw, &values); err != nil {
		return nil, fmt.Errorf("reading the document back: %w", err)
	}
	return values, nil
}

// toExactValues converts a document for jq, which keeps all digits of numbers.
func toExactValues(document any) (map[string]any, error) {
	raw, err := marshal(document)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	values := map[string]any{}
	if err := decoder.Decode(&values); err != nil {
		return nil, fmt.Errorf("reading the document back: %w", err)
	}
	return values, nil
}
