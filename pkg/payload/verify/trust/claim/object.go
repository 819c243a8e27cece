package claim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// object is a JSON object with its keys as they are written: encoding/json's structs would take another case, and the last
// of two.
type object map[string]json.RawMessage

// readObject reads exactly one JSON object and nothing behind it.
func readObject(data []byte) (object, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("it is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, errors.New("it is not a JSON object")
	}
	fields := object{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, fmt.Errorf("it is not a JSON object: %w", err)
		}
		name, _ := token.(string)
		if _, twice := fields[name]; twice {
			return nil, fmt.Errorf("it has the field %.80q twice", name)
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, fmt.Errorf("it is not a JSON object: %w", err)
		}
		fields[name] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, fmt.Errorf("it is not a JSON object: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	return fields, nil
}

// only refuses fields beyond those named.
func (o object) only(path string, names ...string) error {
	var unknown []string
	for name := range o {
		if !slices.Contains(names, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return errorf("has the unknown field %.120q", path+slices.Min(unknown))
}

// object reads a field that is an object with exactly the fields named.
func (o object) object(path, name string, fields ...string) (object, error) {
	raw, ok := o[name]
	if !ok {
		return nil, errorf("has no %s", path+name)
	}
	inner, err := readObject(raw)
	if err != nil {
		return nil, errorf("has a %s that is not read: %w", path+name, err)
	}
	return inner, inner.only(path+name+".", fields...)
}

// text reads a field that is a string.
func (o object) text(path, name string) (string, error) {
	raw, ok := o[name]
	if !ok {
		return "", errorf("has no %s", path+name)
	}
	var text *string
	if err := json.Unmarshal(raw, &text); err != nil || text == nil {
		return "", errorf("has no text in %s", path+name)
	}
	return *text, nil
}

func errorf(format string, args ...any) error { return fmt.Errorf(format, args...) }
