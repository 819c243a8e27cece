package printers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

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

// takeApart gives a list document without its items, and the items: those of a long list are converted one by one, because
// the conversion of the whole would hold it several times. They are nil for a document that is no list.
func takeApart(document any) (envelope any, items []any) {
	value := reflect.Indirect(reflect.ValueOf(document))
	if value.Kind() != reflect.Struct {
		return document, nil
	}
	field := value.FieldByName("Items")
	if !field.IsValid() || field.Kind() != reflect.Slice {
		return document, nil
	}
	items = make([]any, field.Len())
	for i := range items {
		items[i] = field.Index(i).Interface()
	}
	empty := reflect.New(value.Type()).Elem()
	empty.Set(value)
	empty.FieldByName("Items").Set(reflect.MakeSlice(field.Type(), 0, 0))
	return empty.Interface(), items
}

// content is a document as unstructured content: whole numbers stay exact in it up to 2^63.
func content(document any) (map[string]any, error) { return convert(document, fields) }

// exact is the document with every number as it is written, which is what jq wants.
func exact(document any) (map[string]any, error) { return convert(document, exactFields) }

// convert makes values of a document, of the items of a list one by one.
func convert(document any, one func(any) (map[string]any, error)) (map[string]any, error) {
	envelope, items := takeApart(document)
	values, err := one(envelope)
	if err != nil || len(items) == 0 {
		return values, err
	}
	list := make([]any, len(items))
	for i, item := range items {
		if list[i], err = one(item); err != nil {
			return nil, err
		}
	}
	values["items"] = list
	return values, nil
}

func fields(document any) (map[string]any, error) {
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

func exactFields(document any) (map[string]any, error) {
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
